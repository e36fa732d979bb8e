// SPDX-License-Identifier: Apache-2.0
package io.millrace.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each fault, seen by three clients. */
@Timeout(120)
final class FaultyServerTest {

    /** A client with a time limit. */
    enum Client {
        JDK {
            @Override
            String get(URI uri, long millis) throws Exception {
                try (HttpClient client = HttpClient.newHttpClient()) {
                    HttpRequest request = HttpRequest.newBuilder(uri)
                            .timeout(Duration.ofMillis(millis))
                            .build();
                    return client.send(request, BodyHandlers.ofString()).body();
                }
            }
        },
        OK_HTTP {
            @Override
            String get(URI uri, long millis) throws Exception {
                OkHttpClient client = new OkHttpClient.Builder()
                        .readTimeout(millis, TimeUnit.MILLISECONDS)
                        .retryOnConnectionFailure(false)
                        .build();
                try (Response response = client.newCall(
                                new Request.Builder().url(uri.toString()).build())
                        .execute()) {
                    return response.body().string();
                } finally {
                    client.dispatcher().executorService().shutdown();
                }
            }
        },
        APACHE {
            @Override
            String get(URI uri, long millis) throws Exception {
                RequestConfig limits = RequestConfig.custom()
                        .setResponseTimeout(millis, TimeUnit.MILLISECONDS)
                        .build();
                try (CloseableHttpClient client = HttpClients.custom()
                        .setDefaultRequestConfig(limits)
                        .disableAutomaticRetries()
                        .build()) {
                    return client.execute(new HttpGet(uri), answer -> EntityUtils.toString(answer.getEntity()));
                }
            }
        };

        abstract String get(URI uri, long millis) throws Exception;
    }

    private static void fails(Client client, FaultyServer server, long millis) {
        try (server) {
            server.start();
            assertThrows(IOException.class, () -> client.get(server.base(), millis));
            assertTrue(server.connections() > 0);
        }
    }

    private static void answers(Client client, FaultyServer server) throws Exception {
        try (server) {
            server.start();
            assertEquals("hello", client.get(server.base(), 30_000));
        }
    }

    private static FaultyServer hello() {
        return FaultyServer.answering("hello");
    }

    @ParameterizedTest
    @EnumSource
    void faultsThatAClientMustReport(Client client) {
        fails(client, hello().delay(60_000), 200);
        fails(client, hello().neverRead(), 200);
        fails(client, hello().cutAfter(3), 30_000);
        fails(client, hello().reset(), 30_000);
        fails(client, hello().garbage(), 30_000);
        fails(client, hello().badChunk(), 30_000);
    }

    @ParameterizedTest
    @EnumSource
    void faultsThatAClientMustBear(Client client) throws Exception {
        answers(client, hello().trickle(7, 1));
        answers(client, hello().closeIdle());
        answers(client, hello().delay(5));
    }
}
