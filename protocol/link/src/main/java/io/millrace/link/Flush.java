// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

/** How much a {@link LinkFilter} may keep to itself for the sake of its work. */
public enum Flush {

    /** As much as it likes: more will follow. */
    NORMAL,

    /** Nothing that the other side needs to understand what it was given so far. */
    FLUSH,

    /** This is the end: nothing follows. */
    FINISHED
}
