// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

/**
 * A layer that transforms what passes and nothing else: compression, a cipher, a framing. The protocol above it is
 * opened at once.
 */
public interface LinkFilter extends Layer {

    @Override
    default void opened(LayerContext context) {
        context.established();
    }
}
