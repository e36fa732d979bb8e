// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.time.Duration;
import java.util.List;

/**
 * One question to all contenders.
 *
 * @param name short, for the command line and files
 * @param title for people
 * @param question one sentence: what this shows
 * @param service what the servers do
 * @param load how they are asked
 * @param sweep what changes from point to point
 * @param measured the metric that the chart shows
 * @param quick whether a quick run has it
 * @param only names of the contenders that take part; empty for all that can
 */
public record Scenario(
        String name,
        String title,
        String question,
        Service service,
        Asking load,
        Sweep sweep,
        Metric measured,
        boolean quick,
        List<String> only) {

    /** What a server does in a scenario. */
    public enum Service {
        /** Bytes back, over TCP. */
        ECHO,

        /** Messages back, over WebSockets. */
        WEBSOCKET,

        /** A short text over HTTP, made on the loop. */
        PLAINTEXT,

        /** A file of 64 KiB over HTTP. */
        FILE,

        /** A short text over HTTP/2 in clear, made on the loop; what is under way on a connection are streams. */
        HTTP2,

        /** Nothing: the thundering herd is an {@link Experiment} and asks itself. */
        HERD
    }

    /**
     * How servers are asked.
     *
     * @param connections clients at once
     * @param pipeline requests under way on each
     * @param keepAlive whether connections are kept
     * @param rate requests a second, 0 for as fast as answers come
     * @param idle silent connections besides
     * @param slowReaders connections besides that read slowly
     * @param messageBytes length of an echoed message
     * @param measure how long a round lasts; {@link Duration#ZERO} for what the run says
     */
    public record Asking(
            int connections,
            int pipeline,
            boolean keepAlive,
            double rate,
            int idle,
            int slowReaders,
            int messageBytes,
            Duration measure) {

        Asking with(Sweep.Field field, int value) {
            return switch (field) {
                case NONE, WORKERS -> this;
                case IDLE ->
                    new Asking(connections, pipeline, keepAlive, rate, value, slowReaders, messageBytes, measure);
                case CONNECTIONS ->
                    new Asking(value, pipeline, keepAlive, rate, idle, slowReaders, messageBytes, measure);
                case MESSAGE -> new Asking(connections, pipeline, keepAlive, rate, idle, slowReaders, value, measure);
                case SLOW_READERS ->
                    new Asking(connections, pipeline, keepAlive, rate, idle, value, messageBytes, measure);
            };
        }
    }

    /**
     * What changes from point to point of a scenario.
     *
     * @param field what changes
     * @param values its values, in order; one that does not matter where nothing changes
     */
    public record Sweep(Field field, List<Integer> values) {
        static final Sweep NONE = new Sweep(Field.NONE, List.of(0));

        /** What can change. */
        public enum Field {
            NONE("", ""),
            IDLE("idle", "idle connections"),
            CONNECTIONS("connections", "connections"),
            MESSAGE("message", "bytes a message"),
            SLOW_READERS("slow-readers", "clients that read slowly"),
            WORKERS("workers", "workers");

            private final String key;
            private final String title;

            Field(String key, String title) {
                this.key = key;
                this.title = title;
            }

            String key() {
                return key;
            }

            String title() {
                return title;
            }
        }

        boolean isNone() {
            return field == Field.NONE;
        }
    }

    /** How the point at {@code value} is asked. */
    Asking at(int value) {
        return load.with(sweep.field(), value);
    }

    /** Whether this contender takes part. */
    boolean takes(String contender) {
        return only.isEmpty() || only.contains(contender);
    }
}
