// SPDX-License-Identifier: Apache-2.0

/**
 * The roof's door to the street: the {@code millrace} command.
 *
 * <p>Knows: options and their help, what a person is told at the start, at the end and when something is in the way,
 * what signals mean, exit codes. Does not know: bytes, HTTP, system calls; it configures
 * {@link io.millrace.web.WebServer} and {@link io.millrace.transport.LoopGroup} and lets them work.
 *
 * <p>Read in this order: {@code Main} (which command), {@code ServeOptions} and {@code ServeCommand},
 * {@code EchoCommand} with {@code EchoProtocol}, {@code Shutdown} (from the signal to the exit code),
 * {@code StartFailure} with {@code PortOwner} (one line for whatever went wrong).
 */
package io.millrace.cli;
