// SPDX-License-Identifier: Apache-2.0

/** A program of Spring MVC that remembers its visitors and takes files. */
package io.millrace.sample.mvc;
