// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import java.lang.reflect.AnnotatedElement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.DynamicTestInvocationContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Keeps the log of a test that passes from being printed, and sees what is new in it: a test fails that logs a warning
 * or an error which no {@link ExpectedLog} declares, or does not log what its own one declares. A test that fails for
 * another reason carries its log as a suppressed exception.
 *
 * <p>JUnit finds this by itself in every module that has {@code testkit} on its class path.
 */
public final class LogWatch
        implements BeforeEachCallback,
                AfterEachCallback,
                AfterAllCallback,
                TestExecutionExceptionHandler,
                LifecycleMethodExecutionExceptionHandler,
                InvocationInterceptor {
    static final long PATIENCE_MILLIS = 30_000;

    /** How long to wait for a line that is expected; only its own test is less patient. */
    static long patienceMillis = PATIENCE_MILLIS;

    /** One for all tests of a JVM, as the logging of the JVM is. */
    private static final LogLines LOG = LogLines.install();

    /** For JUnit, which makes one for all tests. */
    public LogWatch() {}

    @Override
    public void beforeEach(ExtensionContext context) {
        List<String> expected = new ArrayList<>(ofClasses(context));
        expected.addAll(declared(context.getRequiredTestMethod()));
        List<String> late = LOG.begin(expected);
        if (!late.isEmpty()) {
            System.err.println(
                    "Logged before " + context.getUniqueId() + " and by none of its own:\n" + String.join("", late));
        }
    }

    @Override
    public void afterEach(ExtensionContext context) throws InterruptedException {
        if (context.getExecutionException().isPresent()) {
            // It carries them.
            LOG.takeUnexpected();
            return;
        }
        for (String part : declared(context.getRequiredTestMethod())) {
            if (!LOG.await(part, patienceMillis)) {
                throw withLog(new AssertionError("not logged, though @ExpectedLog says so: " + part));
            }
        }
        failIfUnexpected();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        failIfUnexpected();
    }

    private static void failIfUnexpected() {
        List<String> unexpected = LOG.takeUnexpected();
        if (!unexpected.isEmpty()) {
            throw new AssertionError("logged, and no @ExpectedLog declares it:\n" + String.join("", unexpected));
        }
    }

    private static List<String> ofClasses(ExtensionContext context) {
        List<String> all = new ArrayList<>(declared(context.getRequiredTestClass()));
        context.getEnclosingTestClasses().forEach(around -> all.addAll(declared(around)));
        return all;
    }

    private static List<String> declared(AnnotatedElement element) {
        return AnnotationSupport.findRepeatableAnnotations(element, ExpectedLog.class).stream()
                .map(ExpectedLog::value)
                .toList();
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable thrown) throws Throwable {
        throw withLog(thrown);
    }

    @Override
    public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable thrown) throws Throwable {
        throw withLog(thrown);
    }

    @Override
    public void handleBeforeEachMethodExecutionException(ExtensionContext context, Throwable thrown) throws Throwable {
        throw withLog(thrown);
    }

    @Override
    public void handleAfterEachMethodExecutionException(ExtensionContext context, Throwable thrown) throws Throwable {
        throw withLog(thrown);
    }

    @Override
    public void interceptDynamicTest(
            Invocation<Void> invocation, DynamicTestInvocationContext dynamic, ExtensionContext context)
            throws Throwable {
        try {
            invocation.proceed();
        } catch (Throwable t) {
            throw withLog(t);
        }
    }

    private static <T extends Throwable> T withLog(T thrown) {
        String text = LOG.text();
        if (!text.isEmpty()) {
            thrown.addSuppressed(new Logged(text));
        }
        return thrown;
    }

    /** What was logged until a test failed; no failure of its own. */
    private static final class Logged extends Exception {
        private static final long serialVersionUID = 1;

        Logged(String lines) {
            super("the log until then:\n" + lines, null, false, false);
        }
    }
}
