// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.core.DirectoryRoot;
import io.millrace.fs.KernelDirectory;
import io.millrace.fs.NioDirectory;
import java.io.IOException;
import java.nio.file.Path;

/** The kinds of folder, for tests of what they have in common. */
enum FolderKind {
    KERNEL {
        @Override
        DirectoryRoot open(Path path, boolean followOutside) throws IOException {
            return KernelDirectory.open(path, followOutside);
        }
    },
    NIO {
        @Override
        DirectoryRoot open(Path path, boolean followOutside) throws IOException {
            return NioDirectory.open(path, followOutside);
        }
    };

    abstract DirectoryRoot open(Path path, boolean followOutside) throws IOException;

    DirectoryRoot open(Path path) throws IOException {
        return open(path, false);
    }
}
