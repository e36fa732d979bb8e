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

    /** Copies, replacing what an interim answer has set. Returns whether the connection is to end after the answer. */
    static boolean copy(HttpFields from, Response to) {
        boolean closes = false;
        Set<String> seen = from.size() > 1 ? new HashSet<>() : Set.of();
        for (HttpField field : from) {
            HttpHeader known = field.getHeader();
            if (known == HttpHeader.CONNECTION) {
                closes |= field.contains("close");
            } else if (!isTheConnections(known)) {
                copy(field, to, seen);
            }
        }
        return closes;
    }

    private static void copy(HttpField field, Response to, Set<String> seen) {
        String value = field.getValue() == null ? "" : field.getValue();
        if ((seen.isEmpty() && !(seen instanceof HashSet))
                || seen.add(field.getName().toLowerCase(Locale.ROOT))) {
            to.setHeader(field.getName(), value);
        } else {
            to.header(field.getName(), value);
        }
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
