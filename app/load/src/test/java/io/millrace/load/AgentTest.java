// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.load.LoadAgent.Patience;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several processes run one plan; what each of them saw is in the result. */
@Timeout(60)
final class AgentTest {
    private static final InetSocketAddress ANYWHERE = new InetSocketAddress("127.0.0.1", 0);

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final String READY = "{\"ready\":true}";

    private static LoadAgent agent(String token) throws IOException {
        return LoadAgent.listen(ANYWHERE, token);
    }

    private static LoadAgent agent(String token, Patience patience, LoadAgent.Pause pause) throws IOException {
        return LoadAgent.start(new ServerSocket(0, 100, InetAddress.getLoopbackAddress()), token, patience, pause);
    }

    @Test
    void twoAgentsShareAPlan() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (Target target = Target.of(() -> new Target.Http(asked, Integer.MAX_VALUE, -1, Duration.ZERO));
                LoadAgent one = agent("secret");
                LoadAgent two = agent("secret")) {
            LoadPlan plan = Target.plan("http://127.0.0.1:" + target.port() + "/", 4, 400, Duration.ofMillis(500));
            LoadResult result =
                    new Coordinator(List.of(one.address(), two.address()), "secret").run(plan, progress -> {});
            assertEquals(200, result.latency().getTotalCount() + result.unsent(), 2);
            assertEquals(Map.of(), result.failures());
            assertEquals(4, result.plan().clients().connections());
            assertEquals(asked.get(), result.latency().getTotalCount());
        }
    }

    @Test
    void withoutTheTokenNothingIsDone() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (Target target = Target.of(() -> new Target.Http(asked, Integer.MAX_VALUE, -1, Duration.ZERO));
                LoadAgent agent = agent("secret")) {
            LoadPlan plan = Target.plan("http://127.0.0.1:" + target.port() + "/", 1, 0, Duration.ofSeconds(1));
            IOException e = assertThrows(
                    IOException.class,
                    () -> new Coordinator(List.of(agent.address()), "guess").run(plan, progress -> {}));
            assertTrue(e.getMessage().endsWith("wrong token"), e.getMessage());
            assertEquals(0, asked.get());
        }
    }

    @Test
    void anAgentThatOthersCanReachNeedsAToken() {
        for (String token : List.of("", "fifteen letters")) {
            assertThrows(
                    IllegalArgumentException.class, () -> LoadAgent.listen(new InetSocketAddress("0.0.0.0", 0), token));
        }
    }

    @Test
    void nonsenseIsAnsweredAndTheNextOrderObeyed() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (Target target = Target.of(() -> new Target.Http(asked, Integer.MAX_VALUE, -1, Duration.ZERO));
                LoadAgent agent = agent("")) {
            for (String order : List.of("", "{", "[1]", "5", "{\"plan\": {}}", "{\"plan\": {\"target\": 5}}")) {
                String answer = say(agent, order);
                assertTrue(answer.startsWith("{\"error\":"), order + " was answered " + answer);
            }
            LoadResult result = new Coordinator(List.of(agent.address()), "").run(brief(target), progress -> {});
            assertTrue(result.requests() > 0);
        }
    }

    private static LoadPlan brief(Target target) {
        return Target.plan("http://127.0.0.1:" + target.port() + "/", 1, 0, Duration.ofMillis(200));
    }

    private static LoadPlan endless(Target target, double rate) {
        LoadPlan plan = Target.plan("http://127.0.0.1:" + target.port() + "/", 1, rate, Duration.ofDays(1));
        LoadPlan.Pace pace = new LoadPlan.Pace(rate, Duration.ZERO, Duration.ofDays(1), Duration.ofDays(1));
        return new LoadPlan(plan.target(), plan.clients(), pace, plan.message(), plan.beside());
    }

    private static Socket socket(LoadAgent agent) throws IOException {
        Socket socket = new Socket(agent.address().getAddress(), agent.address().getPort());
        socket.setSoTimeout(30_000);
        return socket;
    }

    /** A coordinator that has got as far as the agent's "ready". */
    private static SealedChannel coordinator(LoadAgent agent, String token) throws IOException {
        SealedChannel channel = SealedChannel.open(socket(agent), token, LONG);
        String ready = new String(channel.receive(LONG), StandardCharsets.UTF_8);
        assertEquals(READY, ready);
        return channel;
    }

    private static String say(LoadAgent agent, String order) throws IOException {
        try (SealedChannel channel = coordinator(agent, "")) {
            channel.send(order.getBytes(StandardCharsets.UTF_8));
            return new String(channel.receive(LONG), StandardCharsets.UTF_8);
        }
    }

    // ---- strangers

    /** The old agent read 32 Mi characters before it looked at the token; this one says no after 64 bytes. */
    @Test
    void aWrongProofIsRefusedBeforeAnythingElseIsRead() throws Exception {
        try (LoadAgent agent = agent("secret");
                Socket socket = socket(agent)) {
            socket.getInputStream().readNBytes(16 + SessionKeys.NONCE_BYTES);
            socket.getOutputStream().write(new byte[SealedChannel.GREETING_BYTES]);
            assertEquals('n', socket.getInputStream().read());
            assertEquals(-1, socket.getInputStream().read());
        }
    }

    @Test
    void strangersAreFewAndTheOldestGoFirst() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        List<Socket> strangers = new ArrayList<>();
        try (Target target = Target.of(() -> new Target.Http(asked, Integer.MAX_VALUE, -1, Duration.ZERO));
                LoadAgent agent = agent("secret", new Patience(LONG, LONG, LONG), Thread::sleep)) {
            for (int i = 0; i < LoadAgent.MOST_STRANGERS + 20; i++) {
                strangers.add(socket(agent));
            }
            for (Socket gone : strangers.subList(0, 20)) {
                assertTrue(isClosed(gone));
            }
            LoadResult result = new Coordinator(List.of(agent.address()), "secret").run(brief(target), progress -> {});
            assertTrue(result.requests() > 0);
            Socket last = strangers.getLast();
            last.setSoTimeout(10);
            last.getInputStream().readNBytes(16 + SessionKeys.NONCE_BYTES);
            assertThrows(
                    SocketTimeoutException.class, () -> last.getInputStream().read());
        } finally {
            for (Socket stranger : strangers) {
                stranger.close();
            }
        }
    }

    /** Whether the agent ends the connection, which it may do by a reset. */
    private static boolean isClosed(Socket socket) throws IOException {
        try {
            return socket.getInputStream().readAllBytes().length <= 16 + SessionKeys.NONCE_BYTES;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** One that sends a byte from time to time has no longer than one that is silent. */
    @Test
    void aStrangerHasLittleTimeHoweverSlowlyItSends() throws Exception {
        Duration little = Duration.ofMillis(200);
        try (LoadAgent agent = agent("secret", new Patience(little, LONG, LONG), Thread::sleep);
                Socket silent = socket(agent);
                Socket slow = socket(agent)) {
            Thread.startVirtualThread(() -> {
                try {
                    while (true) {
                        slow.getOutputStream().write(0);
                        Thread.sleep(20);
                    }
                } catch (IOException | InterruptedException e) {
                    // Closed, as it should be.
                }
            });
            assertTrue(isClosed(silent));
            slow.getInputStream().readNBytes(16 + SessionKeys.NONCE_BYTES);
            // 64 bytes would take 1.3 s; an agent without a deadline answers them.
            int answer = -1;
            try {
                answer = slow.getInputStream().read();
            } catch (SocketException e) {
                // A reset: there are bytes that were not read.
            }
            assertEquals(-1, answer);
        }
    }

    // ---- coordinators

    @Test
    void whoIsSecondIsToldSo() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (Target target = Target.of(() -> new Target.Http(asked, Integer.MAX_VALUE, -1, Duration.ZERO));
                LoadAgent agent = agent("secret");
                LoadAgent other = agent("secret");
                SealedChannel first = coordinator(agent, "secret")) {
            first.send(LoadAgent.line("plan", LoadJson.of(endless(target, 0))));
            // The other agent's part would take a day; that the first one refuses ends it.
            Coordinator second = new Coordinator(List.of(other.address(), agent.address()), "secret");
            LoadPlan plan = endless(target, 0);
            LoadPlan two = new LoadPlan(
                    plan.target(),
                    new LoadPlan.Clients(2, 1, 1, true, Duration.ZERO),
                    plan.pace(),
                    plan.message(),
                    plan.beside());
            IOException e = assertThrows(IOException.class, () -> second.run(two, progress -> {}));
            assertEquals("agent 127.0.0.1:" + agent.address().getPort() + ": busy with another run", e.getMessage());
        }
    }

    /** Asks until the agent is free: then the run of the coordinator before has ended. */
    private static void awaitFree(LoadAgent agent) throws Exception {
        long deadline = System.nanoTime() + LONG.toNanos();
        String said = "";
        while (!said.equals(READY)) {
            assertTrue(System.nanoTime() < deadline, "the run goes on: " + said);
            Thread.sleep(10);
            try (SealedChannel channel = SealedChannel.open(socket(agent), "secret", LONG)) {
                said = new String(channel.receive(LONG), StandardCharsets.UTF_8);
            }
        }
    }

    @Test
    void aCoordinatorThatClosesEndsItsRun() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (Target target = Target.of(() -> new Target.Http(asked, Integer.MAX_VALUE, -1, Duration.ZERO));
                LoadAgent agent = agent("secret")) {
            try (SealedChannel coordinator = coordinator(agent, "secret")) {
                coordinator.send(LoadAgent.line("plan", LoadJson.of(endless(target, 0))));
                coordinator.receive(LONG);
            }
            awaitFree(agent);
        }
    }

    /** Its machine has lost its power, say: nothing comes, and nothing says that nothing will. */
    @Test
    void aCoordinatorThatFallsSilentEndsItsRun() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (Target target = Target.of(() -> new Target.Http(asked, Integer.MAX_VALUE, -1, Duration.ZERO));
                LoadAgent agent = agent("secret", new Patience(LONG, LONG, Duration.ofMillis(300)), Thread::sleep);
                SealedChannel coordinator = coordinator(agent, "secret")) {
            coordinator.send(LoadAgent.line("plan", LoadJson.of(endless(target, 0))));
            awaitFree(agent);
        }
    }

    /** At a fixed rate a run waits for what is under way; not when nobody wants to know. */
    @Test
    void aRunWhoseCoordinatorHasGoneDoesNotWaitForAnswers() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (Target target = Target.of(() -> (in, link) -> {
                    asked.incrementAndGet();
                    in.consume(in.readable());
                });
                LoadAgent agent = agent("secret")) {
            try (SealedChannel coordinator = coordinator(agent, "secret")) {
                coordinator.send(LoadAgent.line("plan", LoadJson.of(endless(target, 100))));
                while (asked.get() == 0) {
                    coordinator.receive(LONG);
                }
            }
            awaitFree(agent);
        }
    }

    @Test
    void aCoordinatorThatSendsNoPlanIsLeft() throws Exception {
        try (LoadAgent agent = agent("secret", new Patience(LONG, Duration.ofMillis(300), LONG), Thread::sleep);
                SealedChannel coordinator = coordinator(agent, "secret")) {
            awaitFree(agent);
            assertThrows(IOException.class, () -> coordinator.receive(LONG));
        }
    }

    /** A heartbeat keeps a run alive that takes longer than a silence may. */
    @Test
    void aRunLongerThanASilenceIsKeptAlive() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        Duration silence = Heartbeat.INTERVAL.multipliedBy(2);
        try (Target target = Target.of(() -> new Target.Http(asked, Integer.MAX_VALUE, -1, Duration.ZERO));
                LoadAgent agent = agent("secret", new Patience(LONG, LONG, silence.plusSeconds(2)), Thread::sleep)) {
            LoadPlan plan = Target.plan("http://127.0.0.1:" + target.port() + "/", 1, 50, silence.plusSeconds(3));
            LoadResult result = new Coordinator(List.of(agent.address()), "secret").run(plan, progress -> {});
            assertTrue(result.duration().compareTo(silence.plusSeconds(2)) > 0);
        }
    }

    /** Accepting fails at once for want of descriptors, and again: it waits, longer each time, and then goes on. */
    @Test
    void whatCannotBeAcceptedIsTriedAgainAfterAPause() throws Exception {
        List<Long> pauses = new CopyOnWriteArrayList<>();
        ServerSocket failing = new ServerSocket(0, 5, InetAddress.getLoopbackAddress()) {
            private int failures = 20;

            @Override
            public Socket accept() throws IOException {
                if (failures > 0) {
                    failures--;
                    throw new SocketException("Too many open files");
                }
                return super.accept();
            }
        };
        try (LoadAgent agent = LoadAgent.start(failing, "secret", Patience.USUAL, pauses::add)) {
            awaitFree(agent);
            assertEquals(List.of(10L, 20L, 40L, 80L, 160L, 320L, 640L, 1000L), pauses.subList(0, 8));
            assertEquals(20, pauses.size());
            assertEquals(Set.of(1000L), Set.copyOf(pauses.subList(8, 20)));
        }
    }

    @Test
    void anAgentThatIsNotThereIsNamed() throws Exception {
        InetSocketAddress gone;
        try (LoadAgent agent = agent("")) {
            gone = agent.address();
        }
        LoadPlan plan = Target.plan("http://127.0.0.1:1/", 1, 0, Duration.ofMillis(100));
        IOException e =
                assertThrows(IOException.class, () -> new Coordinator(List.of(gone), "").run(plan, progress -> {}));
        assertTrue(e.getMessage().startsWith("agent 127.0.0.1:" + gone.getPort()), e.getMessage());
    }

    @Test
    void resultsSurviveTheWay() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (Target target = Target.of(() -> new Target.Http(asked, Integer.MAX_VALUE, -1, Duration.ZERO))) {
            LoadPlan plan = Target.plan("http://127.0.0.1:" + target.port() + "/", 2, 0, Duration.ofMillis(200));
            LoadResult result = new Load(plan).run(progress -> {});
            LoadResult back = LoadJson.result(LoadJson.of(result));
            assertEquals(result.requests(), back.requests());
            assertEquals(result.latency(), back.latency());
            assertEquals(LoadJson.of(plan), LoadJson.of(back.plan()));
            assertTrue(LoadText.of(result).contains("failures none"), LoadText.of(result));
        }
    }
}
