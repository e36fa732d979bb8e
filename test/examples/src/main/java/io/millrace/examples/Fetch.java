// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples;

import io.millrace.client.CollectedResponse;
import io.millrace.client.HttpClient;
import io.millrace.client.HttpFailure;
import io.millrace.web.HttpClients;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** An HTTP client: asks for several things at once on one loop, and says of each failure whether it may be repeated. */
public final class Fetch {
    private static final int MOST = 1 << 20;

    private Fetch() {}

    /** Returns a line for each URL, in their order. */
    static List<String> fetch(HttpClient client, List<String> urls) {
        List<CompletableFuture<String>> answers = new ArrayList<>();
        for (String url : urls) {
            answers.add(client.get(url).collect(MOST).handle(Fetch::line));
        }
        return answers.stream().map(CompletableFuture::join).toList();
    }

    private static String line(CollectedResponse answer, Throwable failure) {
        if (failure instanceof HttpFailure why) {
            String seen = why.sent() ? "the server may have seen it" : "the server has not seen it";
            return why.getClass().getSimpleName() + ", " + seen;
        }
        return answer.status() + ", " + answer.body().length + " bytes";
    }

    /** {@code java … io.millrace.examples.Fetch http://127.0.0.1:7080/hello/world …}. */
    public static void main(String[] args) throws Exception {
        try (HttpClient client = HttpClients.open()) {
            fetch(client, List.of(args)).forEach(System.out::println);
        }
    }
}
