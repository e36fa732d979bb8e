// SPDX-License-Identifier: Apache-2.0
package io.millrace.filters;

import io.millrace.http.FieldList;
import io.millrace.http.Filter;
import io.millrace.http.Handler;
import io.millrace.http.Request;
import io.millrace.http.Response;
import io.millrace.http.ResponseWrapper;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Spares clients contents that they have: answers to GET and HEAD with status 200 get an entity tag, a hash of their
 * bytes, and a client that names the tag in If-None-Match gets 304 without a body (RFC 9110 sections 8.8.3 and 13.1.2).
 * An answer to which the handler gave a tag keeps it, and is compared all the same.
 *
 * <p>The handler runs for each request: what is spared is the transfer. Left as they are: streams and files, which
 * bring their own conditions, bodies beyond the limit, and what says {@code Cache-Control: no-store}. Immutable.
 */
public final class EntityTags implements Filter {
    private static final String TAG = "ETag";
    private static final int USUAL_LIMIT = 1 << 20;

    // As long as two contents with the same one are not made on purpose.
    private static final int HASH_BYTES = 18;

    private final int limit;

    private EntityTags(int limit) {
        this.limit = limit;
    }

    /** Returns the filter for bodies of up to 1 MiB. */
    public static EntityTags usual() {
        return upTo(USUAL_LIMIT);
    }

    /**
     * Returns the filter for bodies of up to {@code limit} bytes.
     *
     * @throws IllegalArgumentException for a limit below 1
     */
    public static EntityTags upTo(int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("not a size of bodies: " + limit);
        }
        return new EntityTags(limit);
    }

    @Override
    public void filter(Request request, Response response, Handler next) throws Exception {
        boolean reads = request.method().equals("GET") || request.method().equals("HEAD");
        next.handle(request, reads ? new Tagged(request, response) : response);
    }

    /** A response that knows the tag of what is sent. */
    private final class Tagged extends ResponseWrapper {
        // Read now: the body may be sent by another thread, when the request is over for all others.
        private final @Nullable String known;

        Tagged(Request request, Response response) {
            super(request, response);
            this.known = request.headers().joined("If-None-Match");
        }

        @Override
        public void send(byte[] body, int offset, int length) {
            if (status() != 200 || committed() || FieldList.contains(header("Cache-Control"), "no-store")) {
                super.send(body, offset, length);
                return;
            }
            @Nullable String tag = header(TAG);
            if (tag == null && length <= limit) {
                tag = hash(body, offset, length);
                setHeader(TAG, tag);
            }
            if (tag != null && known != null && names(known, tag)) {
                status(304).sendHead(length);
            } else {
                super.send(body, offset, length);
            }
        }
    }

    private static String hash(byte[] body, int offset, int length) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(body, offset, length);
            byte[] hash = Arrays.copyOf(digest.digest(), HASH_BYTES);
            return '"' + Base64.getUrlEncoder().withoutPadding().encodeToString(hash) + '"';
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /**
     * Returns whether {@code *} or a list of entity tags names a tag. Both may be weak, which is no matter here (RFC
     * 9110 section 8.8.3.2). A comma may stand inside a tag, and no quote.
     */
    static boolean names(String list, String tag) {
        String opaque = tag.startsWith("W/") ? tag.substring(2) : tag;
        if (list.trim().equals("*")) {
            return true;
        }
        int at = list.indexOf('"');
        while (at >= 0) {
            int end = list.indexOf('"', at + 1);
            if (end < 0) {
                return false;
            }
            if (end - at + 1 == opaque.length() && list.startsWith(opaque, at)) {
                return true;
            }
            at = list.indexOf('"', end + 1);
        }
        return false;
    }
}
