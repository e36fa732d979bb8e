// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.Folder;
import io.millrace.fs.KernelFolder;
import java.io.IOException;
import java.nio.file.Path;

/** The kinds of folder, for tests of what they have in common. */
enum FolderKind {
    KERNEL {
        @Override
        Folder open(Path path, boolean followOutside) throws IOException {
            return KernelFolder.open(path, followOutside);
        }
    },
    NIO {
        @Override
        Folder open(Path path, boolean followOutside) throws IOException {
            return NioFolder.open(path, followOutside);
        }
    };

    abstract Folder open(Path path, boolean followOutside) throws IOException;

    Folder open(Path path) throws IOException {
        return open(path, false);
    }
}
