// SPDX-License-Identifier: Apache-2.0

/**
 * What links share, whatever carries them. {@code FlowControl} holds what was agreed upon for the bytes of one link:
 * watermarks, rates, time limits; the carrier asks it before it moves bytes. {@code LinkFlow} is the whole flow of a
 * link that is not a loop's connection: counts, holds, the limit on a peer that takes nothing. A {@code Layer} stands
 * between a link and a protocol and transforms what passes: compression, TLS. {@code ProxyProtocol} lets a proxy in
 * front say who its client is.
 *
 * <p>The room moves no byte into or out of a socket and knows no loop. It does not know what its layers mean either.
 *
 * <p>Read in this order: {@code FlowOwner}, {@code FlowControl}, {@code ControlledFlow}, {@code LinkFlow};
 * {@code Layer}, {@code LayerContext}, {@code LinkFilter}, {@code LayerProtocol}, {@code LayerLink},
 * {@code LayerOutput}; {@code ProxyProtocol}.
 */
package io.millrace.link;
