// SPDX-License-Identifier: Apache-2.0

/**
 * Servers for JUnit tests: {@link io.millrace.junit.MillraceExtension} with a {@link io.millrace.web.WebServer}, and
 * {@link io.millrace.junit.FaultyServer}, which misbehaves by script.
 */
package io.millrace.junit;
