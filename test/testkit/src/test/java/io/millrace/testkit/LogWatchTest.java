// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** The watch over the log, watched: small test classes are run within the test. */
class LogWatchTest {
    private static final System.Logger LOG = System.getLogger("io.millrace.testkit.watched");

    private static void warn(String line) {
        LOG.log(System.Logger.Level.WARNING, line);
    }

    @BeforeEach
    void beImpatient() {
        LogWatch.patienceMillis = 1;
    }

    @AfterEach
    void beUsual() {
        LogWatch.patienceMillis = LogWatch.PATIENCE_MILLIS;
    }

    private static List<Throwable> failures(Class<?> tests) {
        List<Throwable> all = new ArrayList<>();
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(tests))
                .build();
        LauncherFactory.create().execute(request, new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                result.getThrowable().ifPresent(all::add);
            }
        });
        return all;
    }

    private static String onlyFailure(Class<?> tests) {
        List<Throwable> all = failures(tests);
        assertEquals(1, all.size(), all.toString());
        return all.getFirst().getMessage();
    }

    static final class Warns {
        @Test
        void warns() {
            LOG.log(System.Logger.Level.ERROR, "out of the blue", new IllegalStateException("its cause"));
        }
    }

    @Test
    void aWarningThatNothingDeclaresFailsTheTest() {
        String message = onlyFailure(Warns.class);
        assertTrue(message.contains("out of the blue") && message.contains("its cause"), message);
    }

    static final class DiesOnAThread {
        @Test
        void dies() throws InterruptedException {
            Thread thread = new Thread(
                    () -> {
                        throw new IllegalStateException("unseen");
                    },
                    "dying");
            thread.start();
            thread.join();
        }
    }

    @Test
    void whatAThreadDiesOfFailsTheTest() {
        String message = onlyFailure(DiesOnAThread.class);
        assertTrue(message.contains("\"dying\"") && message.contains("unseen"), message);
    }

    @ExpectedLog("known to the class")
    static final class Expects {
        @Test
        @ExpectedLog("the one")
        @ExpectedLog("the other")
        void both() {
            warn("this is the one");
            warn("this is the other");
            warn("known to the class");
        }

        @Test
        void informs() {
            LOG.log(System.Logger.Level.INFO, "nothing to worry about");
        }
    }

    @Test
    void whatIsDeclaredAndWhatIsNoWarningPasses() {
        assertEquals(List.of(), failures(Expects.class));
    }

    static final class ExpectsInVain {
        @Test
        @ExpectedLog("never said")
        void silent() {
            warn("something else");
        }
    }

    @Test
    void whatIsDeclaredAndDoesNotComeFailsTheTest() {
        Throwable failure = failures(ExpectsInVain.class).getFirst();
        assertTrue(failure.getMessage().contains("never said"), failure.getMessage());
        assertTrue(suppressed(failure).contains("something else"), "with what came instead");
    }

    static final class FailsByItself {
        @Test
        void fails() {
            LOG.log(System.Logger.Level.INFO, "what had happened");
            warn("a warning");
            throw new AssertionError("the failure");
        }

        @TestFactory
        Stream<DynamicTest> dynamic() {
            return Stream.of(DynamicTest.dynamicTest("one", () -> {
                LOG.log(System.Logger.Level.INFO, "what had happened");
                throw new AssertionError("the failure");
            }));
        }
    }

    @Test
    void aTestThatFailsCarriesItsLog() {
        List<Throwable> all = failures(FailsByItself.class);
        assertEquals(2, all.size(), all.toString());
        for (Throwable failure : all) {
            assertEquals("the failure", failure.getMessage());
            assertTrue(suppressed(failure).contains("what had happened"), suppressed(failure));
        }
    }

    static final class FirstWarnsThenNot {
        private static boolean second;

        @Test
        void first() {
            both();
        }

        @Test
        void second() {
            both();
        }

        private static void both() {
            if (!second) {
                second = true;
                warn("once");
            }
        }
    }

    @Test
    void eachTestAnswersForItsOwnLines() {
        FirstWarnsThenNot.second = false;
        assertTrue(onlyFailure(FirstWarnsThenNot.class).contains("once"));
        assertEquals(List.of(), failures(FirstWarnsThenNot.class));
    }

    private static String suppressed(Throwable failure) {
        return List.of(failure.getSuppressed()).toString();
    }
}
