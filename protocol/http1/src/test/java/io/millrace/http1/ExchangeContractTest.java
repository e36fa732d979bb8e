// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import io.millrace.core.CloseMode;
import io.millrace.http.ContractWire;
import io.millrace.http.ExchangeContract;
import io.millrace.http.HttpContext;
import io.millrace.testkit.MemoryLink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** {@link ExchangeContract} over HTTP/1.1. */
class ExchangeContractTest extends ExchangeContract {
    @Override
    protected ContractWire newWire(HttpContext context) {
        return new Wire(context);
    }

    private static final class Wire extends ContractWire {
        private final MemoryLink link;
        private final List<String> methods = new ArrayList<>();
        private boolean chunked;

        // Where the reading of what came back is.
        private String text;
        private int at;

        Wire(HttpContext context) {
            link = new MemoryLink(new Http1Factory(context).create());
        }

        @Override
        protected MemoryLink link() {
            return link;
        }

        @Override
        protected void say(long length, String method, String target, List<String> fields) {
            methods.add(method);
            chunked = length < 0;
            String body =
                    chunked ? "Transfer-Encoding: chunked\r\n" : length > 0 ? "Content-Length: " + length + "\r\n" : "";
            StringBuilder more = new StringBuilder();
            fields.forEach(field -> more.append(field).append("\r\n"));
            link.feed(method + " " + target + " HTTP/1.1\r\nHost: h:1\r\n" + more + body + "\r\n");
        }

        @Override
        protected void sayTunnel(String protocol) {
            say(0, "GET", "/", List.of("Connection: Upgrade", "Upgrade: " + protocol));
        }

        @Override
        public ContractWire data(String bytes) {
            link.feed(chunked ? Integer.toHexString(bytes.length()) + "\r\n" + bytes + "\r\n" : bytes);
            return this;
        }

        @Override
        public ContractWire end() {
            link.feed(chunked ? "0\r\n\r\n" : "");
            return this;
        }

        @Override
        public ContractWire reset() {
            link.reset();
            return this;
        }

        @Override
        public String origin() {
            return "http h:1 11";
        }

        @Override
        public boolean hasTunnel() {
            return link.text().startsWith("HTTP/1.1 101 ");
        }

        @Override
        public List<String> written() {
            List<String> lines = new ArrayList<>();
            text = link.text();
            at = 0;
            int finals = 0;
            boolean whole = true;
            while (whole && text.indexOf("\r\n\r\n", at) >= 0) {
                List<String> head = block();
                int status = Integer.parseInt(head.getFirst().substring(9, 12));
                String fields = fields(head.subList(1, head.size()));
                if (status < 200) {
                    lines.add("interim " + status + fields);
                } else {
                    long length = length(head);
                    lines.add("head " + status + " length " + length + fields);
                    boolean empty = methods.get(finals++).equals("HEAD") || status == 204 || status == 304;
                    whole = empty ? lines.add("end") : length < 0 ? chunks(lines) : plain(lines, (int) length);
                }
            }
            boolean broken = link.closing() == CloseMode.NOW || link.closing() == CloseMode.ABORT;
            if (broken || (link.closing() != null && !whole)) {
                lines.add("cut");
            }
            return joined(lines);
        }

        private List<String> block() {
            int end = text.indexOf("\r\n\r\n", at);
            List<String> lines = Arrays.asList(text.substring(at, end).split("\r\n"));
            at = end + 4;
            return lines;
        }

        private static long length(List<String> head) {
            for (String line : head) {
                if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
                    return Long.parseLong(line.substring(15).strip());
                }
            }
            return -1;
        }

        private boolean plain(List<String> lines, int length) {
            int end = Math.min(text.length(), at + length);
            lines.add("body " + text.substring(at, end));
            boolean whole = end == at + length;
            at = end;
            return whole && lines.add("end");
        }

        private boolean chunks(List<String> lines) {
            while (true) {
                int line = text.indexOf("\r\n", at);
                if (line < 0) {
                    return false;
                }
                int size = Integer.parseInt(text.substring(at, line), 16);
                if (size == 0) {
                    return trailers(lines, line);
                }
                int end = Math.min(text.length(), line + 2 + size);
                lines.add("body " + text.substring(line + 2, end));
                if (text.length() < end + 2) {
                    return false;
                }
                at = end + 2;
            }
        }

        private boolean trailers(List<String> lines, int line) {
            int end = text.indexOf("\r\n\r\n", line);
            if (end < 0) {
                return false;
            }
            String trailers = end == line ? "" : text.substring(line + 2, end);
            lines.add("end" + fields(trailers.isEmpty() ? List.of() : List.of(trailers.split("\r\n"))));
            at = end + 4;
            return true;
        }
    }
}
