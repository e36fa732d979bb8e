// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench;

import io.millrace.client.ClientOptions;
import io.millrace.web.HttpClients;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Requests per second of this process's CPU time, of this house's client and of java.net.http, in turns: the same GET
 * to the same server, with the same number of calls under way. The server is another process.
 */
public final class ClientBench {
    private static final int MOST_BODY = 1 << 20;

    private ClientBench() {}

    /** {@code ClientBench URL CONNECTIONS SECONDS ROUNDS}: one line for each client and round. */
    public static void main(String[] args) throws Exception {
        String url = args[0];
        int connections = Integer.parseInt(args[1]);
        int seconds = Integer.parseInt(args[2]);
        int rounds = Integer.parseInt(args[3]);
        ClientOptions options = ClientOptions.DEFAULT.withPool(
                ClientOptions.DEFAULT.pool().withPerOrigin(connections).withWaiting(2 * connections));
        HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
        try (var ours = HttpClients.open(options);
                HttpClient theirs = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .build()) {
            Supplier<CompletableFuture<?>> one = () -> ours.get(url).collect(MOST_BODY);
            Supplier<CompletableFuture<?>> other = () -> theirs.sendAsync(request, BodyHandlers.ofByteArray());
            for (int round = 0; round <= rounds; round++) {
                // The first round warms up.
                report(round, "millrace", one, connections, seconds);
                report(round, "java.net.http", other, connections, seconds);
            }
        }
    }

    private static void report(
            int round, String name, Supplier<CompletableFuture<?>> call, int connections, int seconds)
            throws InterruptedException {
        long cpu = cpu();
        long calls = run(call, connections, seconds);
        double used = (cpu() - cpu) / 1e9;
        if (round > 0) {
            System.out.printf("%-14s %10d calls %8.2f CPU s %12.0f calls per CPU s%n", name, calls, used, calls / used);
        }
    }

    private static long run(Supplier<CompletableFuture<?>> call, int connections, int seconds)
            throws InterruptedException {
        Semaphore free = new Semaphore(connections);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        long calls = 0;
        while (System.nanoTime() - end < 0) {
            free.acquire();
            calls++;
            call.get().whenComplete((answer, failure) -> {
                if (failure != null) {
                    System.err.println(failure);
                }
                free.release();
            });
        }
        free.acquire(connections);
        return calls;
    }

    private static long cpu() {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getProcessCpuTime();
    }
}
