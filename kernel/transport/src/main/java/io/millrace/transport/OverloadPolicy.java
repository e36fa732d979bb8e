// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

/** What becomes of a connection beyond the limit of {@link ListenOptions#maxConnections}. */
public enum OverloadPolicy {

    /** It waits in the kernel's queue until another connection ends. */
    WAIT,

    /** It is accepted and refused in the protocol's own words ({@link io.millrace.core.ProtocolFactory#refuse}). */
    REFUSE
}
