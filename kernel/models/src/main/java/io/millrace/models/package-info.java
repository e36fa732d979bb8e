// SPDX-License-Identifier: Apache-2.0

/**
 * Second floor, kernel wing: every way in which a Unix process can wait for its clients, each as a server.
 *
 * <p>Knows: threads, processes, loops, and which of them carries a connection. Does not know: what is spoken, and how
 * bytes are moved once a carrier has the connection ({@code loop}).
 *
 * <p>Each model is one short file whose class comment tells its story. Read them in this order, which is the order of
 * {@code docs/models.md}: {@code IoModel}, the list; {@code Server} and {@code LinkServer}, what they share;
 * {@code IterativeServer}, {@code ProcessServer}, {@code PreforkServer}, {@code ThreadServer}, {@code VirtualServer},
 * {@code NonBlockingServer}; then the loops, {@code LoopServer}; and {@code OneShotServer}.
 */
@NullMarked
package io.millrace.models;

import org.jspecify.annotations.NullMarked;
