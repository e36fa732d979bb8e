// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

/** Where a handler runs. Blocking is a choice of place here, not a second API. */
public enum Dispatch {

    /** On the loop, within the turn that read the request. Fastest; the handler must not block. */
    INLINE,

    /**
     * On a virtual thread of its own. The handler may block: on a database, on the request's body, on a slow reader.
     */
    VIRTUAL
}
