// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.testkit.MemoryLink;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

/** {@link ExchangeContract} over a wire made for the test. */
class ExchangeContractTest extends ExchangeContract {
    @Override
    protected ContractWire newWire(HttpContext context) {
        return new Wire(new TestWire(context));
    }

    private static final class Wire extends ContractWire {
        private static final Pattern NAME = Pattern.compile(" [A-Z][\\w-]*=");

        private final TestWire wire;
        private final Deque<String> unsent = new ArrayDeque<>();
        private boolean ending;

        Wire(TestWire wire) {
            this.wire = wire;
        }

        @Override
        protected MemoryLink link() {
            return wire.link();
        }

        @Override
        protected void say(long length, String method, String target, List<String> fields) {
            wire.ask(
                    length,
                    method,
                    target,
                    fields.stream().map(field -> field.replace(": ", ":")).toArray(String[]::new));
        }

        @Override
        protected void sayTunnel(String protocol) {
            wire.mayTunnel().ask("GET", "/");
        }

        @Override
        public ContractWire data(String bytes) {
            unsent.add(bytes);
            return run();
        }

        @Override
        public ContractWire end() {
            ending = true;
            return run();
        }

        @Override
        public ContractWire reset() {
            wire.reset();
            return this;
        }

        @Override
        protected ContractWire full() {
            wire.full();
            return this;
        }

        @Override
        protected ContractWire drain() {
            wire.drain();
            return this;
        }

        @Override
        protected ContractWire run() {
            super.run();
            send();
            return this;
        }

        @Override
        protected ContractWire runUntil(BooleanSupplier condition) {
            return super.runUntil(() -> {
                send();
                return condition.getAsBoolean();
            });
        }

        // What nobody wants waits, as it would in a socket.
        private void send() {
            while (!unsent.isEmpty() && wire.data(unsent.getFirst())) {
                unsent.removeFirst();
            }
            if (ending && unsent.isEmpty()) {
                ending = false;
                wire.end();
            }
        }

        @Override
        public String origin() {
            return "https h:1 20";
        }

        @Override
        public List<String> written() {
            return joined(wire.written.stream()
                    .map(line -> line.startsWith("body ")
                            ? line
                            : NAME.matcher(line).replaceAll(name -> name.group().toLowerCase(Locale.ROOT)))
                    .toList());
        }

        @Override
        public boolean hasTunnel() {
            return wire.written.stream().anyMatch(line -> line.startsWith("tunnel "));
        }
    }
}
