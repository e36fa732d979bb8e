// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import io.millrace.http.Headers;
import java.util.ArrayList;
import java.util.List;

/** Header fields without what is said of codings: a copy, since requests that need one are few. */
final class EditedHeaders extends Headers {
    private final List<String> names = new ArrayList<>();
    private final List<String> values = new ArrayList<>();

    /**
     * Copies the fields of a request.
     *
     * @param decoded whether the body is decompressed: what describes it as it was sent is left away
     */
    EditedHeaders(Headers headers, AcceptedCodings accepted, boolean decoded) {
        for (int i = 0; i < headers.size(); i++) {
            boolean ofBody = headers.isNamed(i, "Content-Encoding") || headers.isNamed(i, "Content-Length");
            if (!decoded || !ofBody) {
                names.add(headers.name(i));
                values.add(edited(headers, i, accepted));
            }
        }
    }

    private static String edited(Headers headers, int index, AcceptedCodings accepted) {
        String value = headers.value(index);
        if (accepted.coding() == null) {
            return value;
        }
        if (headers.isNamed(index, "If-None-Match") || headers.isNamed(index, "If-Match")) {
            return value.replace(accepted.coding().suffix() + '"', "\"");
        }
        boolean refuses = accepted.refusesPlain() && headers.isNamed(index, "Accept-Encoding");
        return refuses ? AcceptedCodings.withoutPlain(value) : value;
    }

    @Override
    public int size() {
        return names.size();
    }

    @Override
    public String name(int index) {
        return names.get(index);
    }

    @Override
    public String value(int index) {
        return values.get(index);
    }

    @Override
    public boolean isNamed(int index, String name) {
        return names.get(index).equalsIgnoreCase(name);
    }
}
