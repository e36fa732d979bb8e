// SPDX-License-Identifier: Apache-2.0

/**
 * The web server: HTTP wired to event loops.
 *
 * <p>Knows: how a {@link io.millrace.web.WebServer server} is put together and stopped, which hosts it answers for,
 * what is written down about requests ({@link io.millrace.web.AccessLog}, {@link io.millrace.web.ServerStats}). Does
 * not know: wire formats, system calls, files, command lines.
 *
 * <p>Read in this order: {@code WebServer}; {@code HostCheck}; {@code AccessLog} with {@code LogLine};
 * {@code ServerStats} with {@code LatencyHistogram}; {@code StatusSocket}.
 */
package io.millrace.web;
