// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.OpenFile;
import io.millrace.fileserver.StaticFiles;
import io.millrace.fs.NioDirectory;
import io.millrace.http.Request;
import io.millrace.http.Response;
import java.io.IOException;
import java.nio.file.Path;

/** Answers with files that an application names. */
final class FileResponses {
    private FileResponses() {}

    /** Opens a file, wherever links lead, and answers with it. */
    static void send(Request request, Response response, Path file) throws IOException {
        Path absolute = file.toAbsolutePath();
        Path name = absolute.getFileName();
        if (name == null) {
            throw new IOException(file + " is no file");
        }
        try (OpenFile open = NioDirectory.open(absolute.getParent(), true).open(name.toString())) {
            StaticFiles.send(request, response, open);
        }
    }
}
