// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.http.Request;

/** The https URL of what a client has asked for in the clear. */
final class HttpsUrl {
    private static final int USUAL_PORT = 443;

    private HttpsUrl() {}

    /** Returns the URL, with the server's port and the host that the client meant; {@code null} if it named none. */
    static String of(Request request, int port) {
        String authority = request.authority();
        if (authority.isEmpty()) {
            return null;
        }
        int colon = authority.lastIndexOf(':');
        String host = colon > authority.lastIndexOf(']') ? authority.substring(0, colon) : authority;
        String query = request.query();
        String path = request.rawPath().startsWith("/") ? request.rawPath() : "/";
        return "https://" + host + (port == USUAL_PORT ? "" : ":" + port) + path + (query == null ? "" : "?" + query);
    }
}
