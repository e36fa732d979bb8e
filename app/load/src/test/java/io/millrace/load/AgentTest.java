// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several processes run one plan; what each of them saw is in the result. */
@Timeout(60)
final class AgentTest {
    private static final InetSocketAddress ANYWHERE = new InetSocketAddress("127.0.0.1", 0);

    private static LoadAgent agent(String token) throws IOException {
        return LoadAgent.listen(ANYWHERE, token);
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
        assertThrows(IllegalArgumentException.class, () -> LoadAgent.listen(new InetSocketAddress("0.0.0.0", 0), ""));
    }

    @Test
    void nonsenseIsAnsweredAndTheNextOrderObeyed() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (Target target = Target.of(() -> new Target.Http(asked, Integer.MAX_VALUE, -1, Duration.ZERO));
                LoadAgent agent = agent("")) {
            for (String order : List.of("", "{", "[1]", "{\"plan\": {}}", "{\"plan\": {\"target\": 5}}")) {
                String answer = say(agent, order);
                assertTrue(answer.startsWith("{\"error\":"), order + " was answered " + answer);
            }
            LoadPlan plan = Target.plan("http://127.0.0.1:" + target.port() + "/", 1, 0, Duration.ofSeconds(1));
            LoadResult result = new Coordinator(List.of(agent.address()), "").run(plan, progress -> {});
            assertTrue(result.requests() > 0);
        }
    }

    private static String say(LoadAgent agent, String order) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(20_000);
            socket.connect(agent.address());
            socket.getOutputStream().write((order + "\n").getBytes(StandardCharsets.UTF_8));
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            String answer = in.readLine();
            return answer == null ? "nothing" : answer;
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
