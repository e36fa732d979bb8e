// SPDX-License-Identifier: Apache-2.0
package io.millrace.sample.web;

import io.millrace.fileserver.FileOptions;
import io.millrace.forms.MultipartForm;
import io.millrace.forms.Part;
import io.millrace.http.Dispatch;
import io.millrace.http.HttpException;
import io.millrace.http.Request;
import io.millrace.http.Response;
import io.millrace.web.WebServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** Takes files by a form, 100 MiB at most. Each is stored under a new name, and served as a download. */
public final class UploadServer {
    private static final long MOST_BYTES = 100 << 20;

    private final Path folder;

    UploadServer(Path folder) {
        this.folder = folder;
    }

    WebServer server(int port) throws IOException {
        Files.createDirectories(folder);
        return WebServer.on(port)
                .get(
                        "/",
                        (request, response) -> response.type("text/html")
                                .send("<form method=post action=/upload enctype=multipart/form-data>"
                                        + "<input type=file name=file multiple><button>Send</button></form>"))
                .post("/upload", Dispatch.VIRTUAL, this::upload)
                .files("/files", folder, FileOptions.DEFAULT.header("Content-Disposition", "attachment"));
    }

    private void upload(Request request, Response response) throws IOException, HttpException {
        MultipartForm form = MultipartForm.of(request).mostParts(10).mostBytes(MOST_BYTES);
        StringBuilder stored = new StringBuilder();
        for (Part part = form.next(); part != null; part = form.next()) {
            if (part.isFile()) {
                String name = UUID.randomUUID().toString();
                long bytes = part.saveTo(folder.resolve(name));
                stored.append(part.fileName() + ": " + bytes + " bytes, /files/" + name + "\n");
            }
        }
        response.status(201).send(stored.toString());
    }

    /** Serves at port 8080, with files in the folder {@code uploads}. */
    public static void main(String[] args) throws Exception {
        new UploadServer(Path.of("uploads")).server(8080).start();
    }
}
