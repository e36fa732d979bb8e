// SPDX-License-Identifier: Apache-2.0
package io.millrace.signals;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's own door to signals, {@code sun.misc.Signal} of the module {@code jdk.unsupported}. By reflection: the
 * compiler warns of every use of the class in a way that cannot be switched off, and a JDK that has lost it is to fail
 * with a reason when a signal is watched, not before.
 */
final class JdkSignal {
    private final String name;
    private final Object signal;

    /**
     * A signal by its name without {@code SIG}.
     *
     * @throws IllegalArgumentException if there is none of this name
     * @throws UnsupportedOperationException if this JDK has no such door
     */
    JdkSignal(String name) {
        this.name = name;
        try {
            this.signal = signalClass().getConstructor(String.class).newInstance(name);
        } catch (ReflectiveOperationException e) {
            throw failed(e);
        }
    }

    String name() {
        return name;
    }

    int number() {
        try {
            return (int) signalClass().getMethod("getNumber").invoke(signal);
        } catch (ReflectiveOperationException e) {
            throw failed(e);
        }
    }

    /**
     * Calls a task on a thread of the JDK with each delivery from now on; returns the handler that was there before.
     */
    @Nullable
    Object handle(Runnable task) {
        try {
            InvocationHandler calls = (proxy, method, arguments) -> called(proxy, method, arguments, task);
            ClassLoader loader = JdkSignal.class.getClassLoader();
            return install(Proxy.newProxyInstance(loader, new Class<?>[] {handlerClass()}, calls));
        } catch (ReflectiveOperationException e) {
            throw failed(e);
        }
    }

    private static @Nullable Object called(Object proxy, Method method, Object[] arguments, Runnable task) {
        return switch (method.getName()) {
            case "handle" -> {
                task.run();
                yield null;
            }
            case "equals" -> proxy == arguments[0];
            case "hashCode" -> System.identityHashCode(proxy);
            default -> "a signal handler of Millrace";
        };
    }

    /** Puts a handler back, or another one in; returns the one that was there before. */
    @Nullable
    Object install(@Nullable Object handler) {
        try {
            return signalClass()
                    .getMethod("handle", signalClass(), handlerClass())
                    .invoke(null, signal, handler);
        } catch (ReflectiveOperationException e) {
            throw failed(e);
        }
    }

    private static Class<?> signalClass() throws ClassNotFoundException {
        return Class.forName("sun.misc.Signal");
    }

    private static Class<?> handlerClass() throws ClassNotFoundException {
        return Class.forName("sun.misc.SignalHandler");
    }

    private static RuntimeException failed(ReflectiveOperationException e) {
        if (e instanceof InvocationTargetException && e.getCause() instanceof IllegalArgumentException refused) {
            return refused;
        }
        return new UnsupportedOperationException("this JDK has no sun.misc.Signal that can be used", e);
    }
}
