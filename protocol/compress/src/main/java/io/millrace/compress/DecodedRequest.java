// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import io.millrace.http.Headers;
import io.millrace.http.Request;
import io.millrace.http.RequestBody;
import io.millrace.http.RequestWrapper;
import io.millrace.http.Response;
import org.jspecify.annotations.Nullable;

/** A request as handlers see it that know nothing of codings. */
final class DecodedRequest extends RequestWrapper {
    private final Headers headers;
    private final @Nullable RequestBody body;

    /**
     * Shows {@code request} with the tags of contents that are not coded.
     *
     * @param limit bytes that the body may have when it is decompressed, 0 to leave it as it is
     */
    DecodedRequest(Request request, Response response, AcceptedCodings accepted, long limit) {
        super(request);
        this.headers = new EditedHeaders(request.headers(), accepted, limit > 0);
        this.body = limit > 0 ? new DecodedBody(request.body(), response, limit) : null;
    }

    @Override
    public Headers headers() {
        return headers;
    }

    @Override
    public RequestBody body() {
        return body == null ? super.body() : body;
    }
}
