// SPDX-License-Identifier: Apache-2.0

/**
 * Tests of web applications, without a network or over the sockets of this machine.
 *
 * <p>Knows: how a request is given to a server or a handler on the calling thread, and what was answered; how a server
 * that listens is asked. Does not know: test frameworks.
 *
 * <p>Read in this order: {@code TestExchange}, {@code TestAnswer}, {@code TestServer}, {@code AnswerRecorder},
 * {@code TestLink}.
 */
@org.jspecify.annotations.NullMarked
package io.millrace.webtest;
