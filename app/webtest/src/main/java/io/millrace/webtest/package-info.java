// SPDX-License-Identifier: Apache-2.0

/**
 * Tests of web applications without a network.
 *
 * <p>Knows: how a request is given to a server or a handler on the calling thread, and what was answered. Does not
 * know: sockets, test frameworks.
 *
 * <p>Read in this order: {@code TestExchange}, {@code TestAnswer}, {@code AnswerRecorder}, {@code TestLink}.
 */
@org.jspecify.annotations.NullMarked
package io.millrace.webtest;
