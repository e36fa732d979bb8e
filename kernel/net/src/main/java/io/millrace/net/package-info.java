// SPDX-License-Identifier: Apache-2.0

/**
 * What a user of sockets sees above the loop. The loop moves the bytes of a connection that stands; how it comes to
 * stand (a name, its addresses, the attempts), and sockets that are no connections, are this room's.
 *
 * <p>It knows names, addresses, time limits and the order in which things are tried. It does not know any protocol that
 * travels over what it opens, and it never waits for the kernel itself: it asks the loop to, and never blocks the loop:
 * what blocks (a resolver) has a thread of its own.
 *
 * <p>Read in this order: {@code Resolver}, {@code Connector}, {@code ConnectOperation}; {@code ByteStream},
 * {@code Pair}, {@code Relay}; {@code UdpSocket}, {@code UdpReceiver}, {@code UdpOutputQueue}, {@code UdpGroups};
 * {@code DescriptorChannel}.
 */
@NullMarked
package io.millrace.net;

import org.jspecify.annotations.NullMarked;
