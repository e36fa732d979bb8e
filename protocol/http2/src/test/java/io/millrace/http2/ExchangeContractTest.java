// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.http.ContractWire;
import io.millrace.http.ExchangeContract;
import io.millrace.http.HttpContext;
import io.millrace.testkit.MemoryLink;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@link ExchangeContract} over HTTP/2, a stream for each request. */
class ExchangeContractTest extends ExchangeContract {
    @Override
    protected ContractWire newWire(HttpContext context) {
        return new Wire(context);
    }

    private static final class Wire extends ContractWire {
        private static final int WIDE = 1 << 29;
        private static final Pattern HEAD =
                Pattern.compile("HEADERS \\d+ (END_STREAM )?:status=(\\d+)(?: content-length=(\\d+))?(.*)");

        private final Peer peer;
        private final List<String> lines = new ArrayList<>();
        private final StringBuilder unsent = new StringBuilder();
        private int stream = -1;
        private int window;
        private int connectionWindow = 262_144;
        private boolean ending;
        private boolean tunnelAsked;
        private boolean tunnel;

        Wire(HttpContext context) {
            peer = new Peer(context);
            peer.open(Frame.INITIAL_WINDOW_SIZE, WIDE).windowUpdate(0, WIDE);
        }

        @Override
        protected MemoryLink link() {
            return peer.link;
        }

        @Override
        protected void say(long length, String method, String target, List<String> fields) {
            begin();
            List<String> all = new ArrayList<>(fields);
            if (length > 0) {
                all.add("content-length: " + length);
            }
            peer.headers(stream, length == 0, Peer.request(method, target, all.toArray(String[]::new)));
        }

        private void begin() {
            stream += 2;
            window = 65_536;
        }

        @Override
        protected void sayTunnel(String protocol) {
            begin();
            tunnelAsked = true;
            peer.headers(
                    stream,
                    false,
                    ":method: CONNECT",
                    ":protocol: " + protocol,
                    ":scheme: http",
                    ":path: /",
                    ":authority: h:1");
        }

        @Override
        public ContractWire data(String bytes) {
            unsent.append(bytes);
            return run();
        }

        @Override
        public ContractWire end() {
            ending = true;
            return run();
        }

        @Override
        public ContractWire reset() {
            peer.reset(stream, ErrorCode.CANCEL);
            return this;
        }

        @Override
        protected ContractWire run() {
            super.run();
            exchange();
            return this;
        }

        @Override
        protected ContractWire runUntil(BooleanSupplier condition) {
            return super.runUntil(() -> {
                exchange();
                return condition.getAsBoolean();
            });
        }

        // Reads what has come, and sends what windows let through.
        private void exchange() {
            peer.frames().forEach(this::frame);
            int count = Math.min(Math.min(window, connectionWindow), Math.min(16_384, unsent.length()));
            while (count > 0) {
                window -= count;
                connectionWindow -= count;
                String part = unsent.substring(0, count);
                unsent.delete(0, count);
                peer.data(stream, false, part);
                peer.frames().forEach(this::frame);
                count = Math.min(Math.min(window, connectionWindow), Math.min(16_384, unsent.length()));
            }
            if (ending && unsent.isEmpty()) {
                ending = false;
                peer.data(stream, true, "");
                peer.frames().forEach(this::frame);
            }
        }

        private void frame(String frame) {
            String[] words = frame.split(" ", 3);
            switch (words[0]) {
                case "HEADERS" -> head(frame);
                case "DATA" -> {
                    boolean last = words[2].startsWith("END_STREAM ");
                    lines.add("body " + (last ? words[2].substring(11) : words[2]));
                    ended(last);
                }
                case "WINDOW_UPDATE" -> widen(words[1], Integer.parseInt(words[2]));
                case "RST_STREAM" -> lines.add("cut");
                default -> {}
            }
        }

        private void ended(boolean last) {
            if (last) {
                lines.add("end");
            }
        }

        private void widen(String which, int more) {
            if (which.equals("0")) {
                connectionWindow += more;
            } else {
                window += more;
            }
        }

        private void head(String frame) {
            Matcher head = HEAD.matcher(frame);
            if (!head.matches()) {
                lines.add("end" + frame.substring(frame.indexOf("END_STREAM") + 10));
                return;
            }
            int status = Integer.parseInt(head.group(2));
            tunnel |= tunnelAsked && status == 200;
            String length = head.group(3) == null ? "-1" : head.group(3);
            lines.add((status < 200 ? "interim " + status : "head " + status + " length " + length) + head.group(4));
            ended(head.group(1) != null);
        }

        @Override
        public String origin() {
            return "http h:1 20";
        }

        @Override
        public List<String> written() {
            exchange();
            return joined(lines);
        }

        @Override
        public boolean hasTunnel() {
            exchange();
            return tunnel;
        }
    }
}
