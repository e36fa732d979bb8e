// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

/** Says why bytes are no header of the PROXY protocol. Has no stack trace: proxies can cause many. */
public final class MalformedProxyHeaderException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedProxyHeaderException(String why) {
        super(why, null, false, false);
    }
}
