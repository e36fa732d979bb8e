// SPDX-License-Identifier: Apache-2.0

/**
 * The web server: HTTP wired to event loops, and files.
 *
 * <p>Knows: how a {@link io.millrace.web.WebServer server} is put together and stopped, what a folder looks like over
 * HTTP ({@link io.millrace.web.StaticFiles}), what is written down about requests ({@link io.millrace.web.AccessLog},
 * {@link io.millrace.web.ServerStats}). Does not know: wire formats, system calls, command lines.
 *
 * <p>Read in this order: {@code WebServer}; {@code StaticFiles} with {@code FileOptions}, {@code FileSender},
 * {@code Preconditions}, {@code ByteRanges} and {@code FolderListing}; {@code NioDirectory}; {@code AccessLog} and
 * {@code ServerStats}.
 */
package io.millrace.web;
