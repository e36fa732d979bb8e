// SPDX-License-Identifier: Apache-2.0

/** A program of WebFlux that tells all listeners what one has said. */
package io.millrace.sample.webflux;
