// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The system and the processor, as far as layouts and numbers of system calls depend on them. */
public final class Platform {
    private Platform() {}

    private static final String OS = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    private static final String ARCH = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);

    /** Whether this is Linux. */
    public static final boolean LINUX = OS.contains("linux");

    /** Whether this is macOS. */
    public static final boolean MACOS = OS.contains("mac");

    /** Whether this is FreeBSD. */
    public static final boolean FREEBSD = OS.contains("freebsd");

    /** Whether the processor is x86-64. */
    public static final boolean X86_64 = ARCH.equals("amd64") || ARCH.equals("x86_64");

    /** Whether the processor is 64-bit ARM. */
    public static final boolean AARCH64 = ARCH.equals("aarch64") || ARCH.equals("arm64");

    /** Explains why the system calls of this room cannot be used here, or returns {@code null} if they can. */
    public static @Nullable String whyNot() {
        if (!LINUX) {
            return "needs Linux, this is " + System.getProperty("os.name");
        }
        if (!X86_64 && !AARCH64) {
            return "knows the layouts of x86-64 and AArch64, this is " + System.getProperty("os.arch");
        }
        if (!Platform.class.getModule().isNativeAccessEnabled()) {
            String module = Platform.class.getModule().isNamed() ? "io.millrace.sys" : "ALL-UNNAMED";
            return "native access is off: start java with --enable-native-access=" + module;
        }
        return null;
    }

    /** Returns the first number on x86-64 and the second on AArch64. */
    static int either(int x86, int arm) {
        return AARCH64 ? arm : x86;
    }
}
