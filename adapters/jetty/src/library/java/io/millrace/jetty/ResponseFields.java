// SPDX-License-Identifier: Apache-2.0
package io.millrace.jetty;

import io.millrace.http.Response;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;

/** Copies the header fields of an answer, but for those that are the connection's work. */
final class ResponseFields {
    private ResponseFields() {}

    /**
     * Copies. Returns whether the connection is to end after the answer.
     *
     * @param replaces whether an interim answer may have set fields, which these replace
     */
    static boolean copy(HttpFields from, Response to, boolean replaces) {
        boolean closes = false;
        Set<String> seen = replaces ? new HashSet<>() : null;
        for (HttpField field : from) {
            HttpHeader known = field.getHeader();
            if (known == HttpHeader.CONNECTION) {
                closes |= field.contains("close");
            } else if (!isTheConnections(known)) {
                String value = field.getValue() == null ? "" : field.getValue();
                if (seen != null && seen.add(field.getName().toLowerCase(Locale.ROOT))) {
                    to.setHeader(field.getName(), value);
                } else {
                    to.header(field.getName(), value);
                }
            }
        }
        return closes;
    }

    private static boolean isTheConnections(HttpHeader header) {
        if (header == null) {
            return false;
        }
        return switch (header) {
            case CONTENT_LENGTH, TRANSFER_ENCODING, DATE, KEEP_ALIVE, UPGRADE -> true;
            default -> false;
        };
    }
}
