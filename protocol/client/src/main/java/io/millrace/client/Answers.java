// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import io.millrace.http.FieldBlock;
import io.millrace.http.Headers;
import io.millrace.http1.ResponseParser;
import io.millrace.http1.ResponseParser.Framing;

/** What a parser has found out about an answer, as a call is told of it. */
final class Answers {
    static final Headers NO_TRAILERS = new FieldBlock();

    private Answers() {}

    /** Returns how many bytes the body has, -1 if only its end will tell. */
    static long length(ResponseParser parser) {
        return switch (parser.framing()) {
            case NONE -> 0;
            case LENGTH -> parser.contentLength();
            default -> -1;
        };
    }

    /** Returns a copy of the fields behind the body. */
    static Headers trailers(ResponseParser parser) {
        FieldBlock read = parser.framing() == Framing.CHUNKED ? parser.trailers() : null;
        if (read == null || read.size() == 0) {
            return NO_TRAILERS;
        }
        FieldBlock copy = new FieldBlock();
        for (int i = 0; i < read.size(); i++) {
            copy.append(read, i);
        }
        return copy;
    }

    /**
     * Returns why a call fails whose connection has ended; {@code reused} says that it was not the first call there.
     */
    static HttpFailure lost(ResponseParser parser, boolean reused, boolean sent) {
        if (parser.begun()) {
            return new HttpFailure.ConnectionLost("the connection ended in the middle of the answer", true);
        }
        return reused
                ? new HttpFailure.StaleConnection(sent)
                : new HttpFailure.ConnectionLost("the connection ended before the answer", sent);
    }
}
