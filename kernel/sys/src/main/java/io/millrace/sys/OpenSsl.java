// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Finds libssl.so.3 and libcrypto.so.3. They are loaded when this class is first used, and only then. Functions are
 * bound by {@link LibSsl} and {@link LibCrypto}.
 */
public final class OpenSsl {
    private OpenSsl() {}

    /** The system property that names another libssl: a path, or a name that the dynamic linker finds. */
    public static final String LIBRARY = "millrace.openssl.library";

    private static final String SSL = "libssl.so.3";
    private static final String CRYPTO = "libcrypto.so.3";

    /** OpenSSL 3.0.0 as OpenSSL_version_num(3) gives it; the highest four bits are the major version. */
    private static final long VERSION_3 = 0x30000000L;

    private static final long VERSION_4 = 0x40000000L;

    private static final @Nullable SymbolLookup SYMBOLS = Platform.LINUX ? load() : null;
    private static final @Nullable String WHY_NOT = check();

    private static @Nullable SymbolLookup load() {
        try {
            SymbolLookup crypto = SymbolLookup.libraryLookup(crypto(), Arena.global());
            return SymbolLookup.libraryLookup(library(), Arena.global()).or(crypto);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static String library() {
        return System.getProperty(LIBRARY, SSL);
    }

    /** The libcrypto beside the libssl. */
    private static String crypto() {
        String library = library();
        int name = library.lastIndexOf('/') + 1;
        return library.substring(0, name) + library.substring(name).replace("libssl", "libcrypto");
    }

    private static @Nullable String check() {
        if (!Platform.LINUX) {
            return "OpenSSL is bound on Linux alone";
        }
        if (SYMBOLS == null) {
            return "cannot load " + library() + " and " + crypto() + "; a package such as libssl3 has them";
        }
        if (SYMBOLS.find("OpenSSL_version_num").isEmpty()
                || SYMBOLS.find("SSL_CTX_new").isEmpty()) {
            return library() + " is no OpenSSL";
        }
        long version = Native.callLong(function("OpenSSL_version_num"), 0, 0, 0, 0, 0);
        return version >= VERSION_3 && version < VERSION_4
                ? null
                : library() + " is not OpenSSL 3: version " + Long.toHexString(version);
    }

    /** Explains why OpenSSL cannot be used here, or returns {@code null} if it can. */
    public static @Nullable String whyNot() {
        return WHY_NOT;
    }

    /** Returns the name and version of the library, such as {@code OpenSSL 3.0.19}. Only where it can be used. */
    public static String version() {
        String text = LibCrypto.text(Native.callLong(function("OpenSSL_version"), 0, 0, 0, 0, 0));
        String[] words = text.split(" ");
        return words.length < 2 ? text : words[0] + " " + words[1];
    }

    static MemorySegment symbol(String name) {
        return Objects.requireNonNull(SYMBOLS, "OpenSSL is not here")
                .find(name)
                .orElseThrow(() -> new UnsupportedOperationException("OpenSSL has no " + name));
    }

    /** Binds a function in the wide shape. */
    static MethodHandle function(String name) {
        return Objects.requireNonNull(
                Native.functionIfAny(Objects.requireNonNull(SYMBOLS, "OpenSSL is not here"), name), name);
    }
}
