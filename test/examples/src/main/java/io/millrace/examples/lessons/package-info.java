// SPDX-License-Identifier: Apache-2.0

/**
 * The servers that every text on this subject writes in C, a page each, on system calls alone: a process for each
 * client, select, poll, epoll. Then the same over the room {@code poll}, and over the event loop. docs/lessons.md walks
 * through them.
 *
 * <p>Read in this order: {@code ListeningSocket}, {@code ProcessPerClient}, {@code EchoClient}, {@code SelectServer},
 * {@code PollServer}, {@code EpollWebServer} with {@code WebConnection}, {@code PollerServer},
 * {@code EventLibraryServer}.
 */
package io.millrace.examples.lessons;
