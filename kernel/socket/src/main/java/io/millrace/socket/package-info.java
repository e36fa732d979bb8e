// SPDX-License-Identifier: Apache-2.0

/**
 * The calls on sockets: listen, connect, accept, receive, send and close, and the addresses that they take.
 *
 * <p>Knows: descriptors, socket addresses and system calls. Does not know: event loops, connections, protocols.
 *
 * <p>Read in this order: {@link io.millrace.socket.Kernel}, the one door from a loop to the system; {@code LinuxKernel}
 * and {@code LinuxListen}, which make the system calls; {@link io.millrace.socket.NioKernel} with {@code NioPoller},
 * the same over the JDK's channels; and {@link io.millrace.socket.TracedKernel}, which prints what another kernel does.
 * Then the addresses: {@link io.millrace.socket.UnixAddress}, {@link io.millrace.socket.UnixPeer},
 * {@link io.millrace.socket.InheritedSocket}. {@link io.millrace.socket.ServiceNotifier} tells a service manager how
 * this process is.
 */
@NullMarked
package io.millrace.socket;

import org.jspecify.annotations.NullMarked;
