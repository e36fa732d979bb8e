// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * From a signal to the end. The first SIGINT (Ctrl-C), SIGTERM or SIGHUP asks for an orderly stop; a second one ends
 * the process at once with 128 + its number, as a shell reports a process that died of it.
 *
 * <p>A shutdown hook would not do: while hooks run the JVM ignores further signals, and its exit code is 143 or 130
 * where an orderly stop is 0. {@code sun.misc.Signal} (module jdk.unsupported) is what the JDK has instead, used by
 * reflection because javac warns of each mention of it and has no switch for that. A signal that is ignored when the
 * process starts ({@code nohup}, a background job) stays ignored.
 */
final class Shutdown {
    private static final String[] SIGNALS = {"INT", "TERM", "HUP"};
    private static final int HUP = 1;

    private final CountDownLatch asked = new CountDownLatch(1);
    private final AtomicInteger received = new AtomicInteger();
    private volatile Runnable reload;
    private volatile Runnable beforeReload;
    private volatile Runnable afterReload;
    private volatile Runnable last = () -> {};

    /**
     * From now on SIGHUP asks for this in place of a stop: what a daemon's users expect of one that can renew itself.
     */
    void reloadOnHangup(Runnable reload) {
        this.reload = reload;
    }

    /**
     * From now on SIGHUP runs these around what it asks for, and asks for nothing where that would be a stop: a service
     * manager that says "reload" does not mean the end.
     */
    void onReload(Runnable before, Runnable after) {
        afterReload = after;
        beforeReload = before;
    }

    /** From now on signals ask for an orderly stop. */
    static Shutdown onSignal() {
        Shutdown shutdown = new Shutdown();
        for (String name : SIGNALS) {
            try {
                shutdown.handle(name);
            } catch (ReflectiveOperationException | IllegalArgumentException e) {
                // A JVM without jdk.unsupported, or with -Xrs: then the signal does what it always did.
            }
        }
        return shutdown;
    }

    /**
     * The first signal runs {@code stop}, on a thread of its own; the second one ends the process. For what ends by
     * itself.
     */
    static void onSignal(Runnable stop) {
        onSignal(stop, () -> {});
    }

    /** As {@link #onSignal(Runnable)}; the second signal first runs {@code last}, which must not wait for anything. */
    static void onSignal(Runnable stop, Runnable last) {
        Shutdown shutdown = Shutdown.onSignal();
        shutdown.last = last;
        Thread.ofPlatform().daemon().name("millrace-signal").start(() -> {
            try {
                shutdown.await();
                stop.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Asks for the stop as a signal would. */
    void ask() {
        asked.countDown();
    }

    /** Waits for the first signal. */
    void await() throws InterruptedException {
        asked.await();
    }

    /** Sends this process a signal, for the training that fills the start-up cache. */
    static void raise(String name) throws ReflectiveOperationException {
        Class<?> type = Class.forName("sun.misc.Signal");
        type.getMethod("raise", type).invoke(null, signal(type, name));
    }

    private void handle(String name) throws ReflectiveOperationException {
        Class<?> type = Class.forName("sun.misc.Signal");
        Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
        InvocationHandler calls = (proxy, method, arguments) -> {
            if (method.getName().equals("handle")) {
                received((int) type.getMethod("getNumber").invoke(arguments[0]));
            }
            return null;
        };
        Object handler = Proxy.newProxyInstance(handlerType.getClassLoader(), new Class<?>[] {handlerType}, calls);
        try {
            type.getMethod("handle", type, handlerType).invoke(null, signal(type, name), handler);
        } catch (InvocationTargetException e) {
            throw new IllegalArgumentException("cannot handle SIG" + name, e);
        }
    }

    private static Object signal(Class<?> type, String name) throws ReflectiveOperationException {
        return type.getConstructor(String.class).newInstance(name);
    }

    private void reload() {
        Runnable before = beforeReload;
        if (before != null) {
            before.run();
        }
        Runnable own = reload;
        if (own != null) {
            own.run();
        }
        if (before != null) {
            afterReload.run();
        }
    }

    private void received(int number) {
        if (number == HUP && (reload != null || beforeReload != null)) {
            reload();
            return;
        }
        if (received.incrementAndGet() > 1) {
            try {
                last.run();
            } finally {
                Runtime.getRuntime().halt(128 + number);
            }
        }
        asked.countDown();
    }
}
