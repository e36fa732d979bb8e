// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import com.fasterxml.jackson.jr.ob.JSON;
import io.millrace.load.LoadPlan.Beside;
import io.millrace.load.LoadPlan.Clients;
import io.millrace.load.LoadPlan.Message;
import io.millrace.load.LoadPlan.Pace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/**
 * Plans and results as JSON. Times are nanoseconds where the name does not say otherwise; a histogram is there twice,
 * as percentiles to read and whole, in HdrHistogram's own compressed form, so that results can be put together later.
 */
public final class LoadJson {
    private static final double[] PERCENTILES = {50, 75, 90, 95, 99, 99.9, 99.99};

    private LoadJson() {}

    /** A result as an object of maps, lists, numbers and texts. */
    public static Map<String, Object> of(LoadResult result) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("target", result.plan().target().toString());
        json.put("plan", of(result.plan()));
        json.put("seconds", result.duration().toNanos() / 1e9);
        json.put("requests", result.requests());
        json.put("requestsPerSecond", result.throughput());
        json.put("bytesIn", result.bytesIn());
        json.put("bytesOut", result.bytesOut());
        json.put("connects", result.connects());
        json.put("handshakes", result.handshakes());
        json.put("resumptions", result.resumptions());
        json.put("unsent", result.unsent());
        json.put("statuses", statuses(result));
        json.put("failures", failures(result));
        json.put("besideHeld", result.besideHeld());
        json.put("besideLost", result.besideLost());
        json.put("generatorBusy", result.busy());
        json.put("latency", of(result.latency()));
        json.put("service", of(result.service()));
        return json;
    }

    /**
     * Returns a result as JSON text.
     *
     * @throws IOException if it cannot be written as JSON
     */
    public static String text(LoadResult result) throws IOException {
        return JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(of(result));
    }

    private static List<Object> statuses(LoadResult result) {
        List<Object> all = new ArrayList<>();
        for (long count : result.counters().statuses) {
            all.add(count);
        }
        return all;
    }

    private static Map<String, Object> failures(LoadResult result) {
        Map<String, Object> all = new LinkedHashMap<>();
        result.failures().forEach((why, count) -> all.put(why.name().toLowerCase(Locale.ROOT), count));
        return all;
    }

    private static Map<String, Object> of(Histogram histogram) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("count", histogram.getTotalCount());
        if (histogram.getTotalCount() > 0) {
            json.put("mean", histogram.getMean());
            json.put("min", histogram.getMinValue());
            for (double percentile : PERCENTILES) {
                json.put(
                        "p" + (percentile == Math.rint(percentile) ? "" + (int) percentile : "" + percentile),
                        histogram.getValueAtPercentile(percentile));
            }
            json.put("max", histogram.getMaxValue());
        }
        json.put("whole", encode(histogram));
        return json;
    }

    static String encode(Histogram histogram) {
        ByteBuffer buffer = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
        int length = histogram.encodeIntoCompressedByteBuffer(buffer);
        return Base64.getEncoder().encodeToString(Arrays.copyOf(buffer.array(), length));
    }

    /** A plan as an object of maps, lists, numbers and texts. */
    public static Map<String, Object> of(LoadPlan plan) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("target", plan.target().toString());
        json.put("connections", plan.clients().connections());
        json.put("threads", plan.clients().threads());
        json.put("pipeline", plan.clients().pipeline());
        json.put("keepAlive", plan.clients().keepAlive());
        json.put("ramp", plan.clients().ramp().toNanos());
        json.put("rate", plan.pace().rate());
        json.put("warmup", plan.pace().warmup().toNanos());
        json.put("duration", plan.pace().duration().toNanos());
        json.put("timeout", plan.pace().timeout().toNanos());
        json.put("method", plan.message().method());
        json.put("fields", plan.message().fields());
        json.put("body", Base64.getEncoder().encodeToString(plan.message().body()));
        json.put("idle", plan.beside().idle());
        json.put("slowReaders", plan.beside().slowReaders());
        json.put("slowWriters", plan.beside().slowWriters());
        return json;
    }

    // ---- back

    /**
     * The plan that {@link #of(LoadPlan)} wrote.
     *
     * @throws IllegalArgumentException if it is none
     */
    static LoadPlan plan(Map<String, Object> json) {
        try {
            return new LoadPlan(
                    LoadTarget.parse(text(json, "target")),
                    new Clients(
                            integer(json, "connections"),
                            integer(json, "threads"),
                            integer(json, "pipeline"),
                            (Boolean) json.get("keepAlive"),
                            time(json, "ramp")),
                    new Pace(
                            number(json, "rate").doubleValue(),
                            time(json, "warmup"),
                            time(json, "duration"),
                            time(json, "timeout")),
                    new Message(
                            text(json, "method"),
                            texts(json, "fields"),
                            Base64.getDecoder().decode(text(json, "body"))),
                    new Beside(integer(json, "idle"), integer(json, "slowReaders"), integer(json, "slowWriters")));
        } catch (NullPointerException | ClassCastException e) {
            throw new IllegalArgumentException("not a plan: " + json, e);
        }
    }

    /**
     * The result that {@link #of(LoadResult)} wrote.
     *
     * @throws IllegalArgumentException if it is none
     */
    static LoadResult result(Map<String, Object> json) {
        try {
            Counters counters = new Counters();
            counters.requests = number(json, "requests").longValue();
            counters.bytesIn = number(json, "bytesIn").longValue();
            counters.bytesOut = number(json, "bytesOut").longValue();
            counters.connects = number(json, "connects").longValue();
            counters.handshakes = number(json, "handshakes").longValue();
            counters.resumptions = number(json, "resumptions").longValue();
            counters.unsent = number(json, "unsent").longValue();
            counters.besideHeld = number(json, "besideHeld").longValue();
            counters.besideLost = number(json, "besideLost").longValue();
            List<?> statuses = (List<?>) json.get("statuses");
            for (int i = 0; i < counters.statuses.length; i++) {
                counters.statuses[i] = ((Number) statuses.get(i)).longValue();
            }
            object(json, "failures")
                    .forEach((why, count) ->
                            counters.failures[
                                    Failure.valueOf(why.toUpperCase(Locale.ROOT))
                                            .ordinal()] = ((Number) count).longValue());
            counters.latency.add(decode(text(object(json, "latency"), "whole")));
            counters.service.add(decode(text(object(json, "service"), "whole")));
            Duration duration = Duration.ofNanos((long) (number(json, "seconds").doubleValue() * 1e9));
            return new LoadResult(
                    plan(object(json, "plan")),
                    duration,
                    number(json, "generatorBusy").doubleValue(),
                    counters);
        } catch (NullPointerException | ClassCastException | IndexOutOfBoundsException | DataFormatException e) {
            throw new IllegalArgumentException("not a result", e);
        }
    }

    static Histogram decode(String text) throws DataFormatException {
        return Histogram.decodeFromCompressedByteBuffer(
                ByteBuffer.wrap(Base64.getDecoder().decode(text)), 0);
    }

    private static Number number(Map<String, Object> json, String name) {
        return (Number) json.get(name);
    }

    private static int integer(Map<String, Object> json, String name) {
        return number(json, name).intValue();
    }

    private static Duration time(Map<String, Object> json, String name) {
        return Duration.ofNanos(number(json, name).longValue());
    }

    private static String text(Map<String, Object> json, String name) {
        return (String) json.get(name);
    }

    private static List<String> texts(Map<String, Object> json, String name) {
        List<String> texts = new ArrayList<>();
        for (Object text : (List<?>) json.get(name)) {
            texts.add((String) text);
        }
        return texts;
    }

    static Map<String, Object> object(Map<String, Object> json, String name) {
        if (!(json.get(name) instanceof Map<?, ?> value)) {
            throw new IllegalArgumentException("no " + name + " in what came");
        }
        Map<String, Object> object = new LinkedHashMap<>();
        value.forEach((key, member) -> object.put((String) key, member));
        return object;
    }
}
