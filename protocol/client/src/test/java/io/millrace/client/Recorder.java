// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import io.millrace.core.Protocol;
import io.millrace.http.Headers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Notes what a listener is told, and checks that it is told in order and ends once. */
final class Recorder implements ResponseListener {
    final StringBuilder body = new StringBuilder();
    final List<Integer> informational = new ArrayList<>();
    ResponseHead head;
    Headers trailers;
    HttpFailure failure;
    Call call;
    Protocol next;
    int ends;

    private final long demand;

    /** Asks for that many bytes when the head comes, 0 for none. */
    Recorder(long demand) {
        this.demand = demand;
    }

    Recorder() {
        this(Long.MAX_VALUE);
    }

    @Override
    public void informational(ResponseHead answer) {
        check(head == null && ends == 0);
        informational.add(answer.status());
    }

    @Override
    public void head(ResponseHead answer, Call asked) {
        check(head == null && ends == 0);
        head = answer;
        call = asked;
        if (demand > 0) {
            asked.request(demand);
        }
    }

    @Override
    public void data(byte[] bytes, int offset, int length) {
        check(head != null && ends == 0);
        body.append(new String(bytes, offset, length, StandardCharsets.ISO_8859_1));
    }

    @Override
    public void complete(Headers fields) {
        check(head != null && ends == 0);
        trailers = fields;
        ends++;
    }

    @Override
    public void failed(HttpFailure why) {
        check(ends == 0);
        failure = why;
        ends++;
    }

    @Override
    public Protocol upgraded(ResponseHead answer) {
        check(head == null && ends == 0);
        head = answer;
        ends++;
        return next;
    }

    private static void check(boolean right) {
        if (!right) {
            throw new AssertionError("a listener is told something out of order");
        }
    }

    boolean isComplete() {
        return ends == 1 && failure == null;
    }

    String text() {
        return failure != null ? failure.toString() : head == null ? "nothing" : head.status() + " " + body;
    }
}
