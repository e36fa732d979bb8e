// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.Ascii;

/** Requests for tests, laid out as a wire format does it. */
final class Asked {
    private Asked() {}

    /** A request that is nothing but method and target. */
    static ExchangeRequest of(String method, String target) {
        ExchangeRequest request = new ExchangeRequest(null, null);
        set(request, method, target);
        return request;
    }

    /** The next request in the same object. */
    static void set(ExchangeRequest request, String method, String target) {
        byte[] head = Ascii.bytes("??" + method + " " + target);
        int start = method.length() + 1;
        int end = start + target.length();
        int query = target.indexOf('?');
        request.begin(null);
        request.head(head, 2, end, 11);
        request.method(0, method.length());
        request.target(start, end, start, query < 0 ? end : start + query);
    }
}
