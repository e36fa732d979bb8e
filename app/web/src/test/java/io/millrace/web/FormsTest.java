// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.forms.FormData;
import io.millrace.forms.MultipartForm;
import io.millrace.forms.Part;
import io.millrace.http.Dispatch;
import io.millrace.http.Request;
import io.millrace.http.Response;
import io.millrace.testkit.RawClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Forms over a server: fields, files, limits and what is malformed. */
@Timeout(120)
class FormsTest {
    private static final String MULTIPART = "multipart/form-data; boundary=\"b-1\"";

    @TempDir
    private Path folder;

    private String post(String type, String body) throws IOException {
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .post("/form", Dispatch.VIRTUAL, (request, response) -> {
                    FormData form = FormData.read(request, 200);
                    response.send(form.required("name") + "|" + form.all("x") + "|" + form.names() + "|"
                            + form.requiredInt("n"));
                })
                .post("/parts", Dispatch.VIRTUAL, this::parts)
                .start()) {
            String path = type.startsWith("multipart") ? "/parts" : "/form";
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            try (RawClient client = RawClient.connect(server.address())) {
                client.send("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type
                        + "\r\nContent-Length: " + bytes.length + "\r\nConnection: close\r\n\r\n");
                for (int from = 0; from < body.length(); from += 7) {
                    client.send(body.substring(from, Math.min(body.length(), from + 7)));
                }
                String answer = client.readText();
                return answer.substring(9, 12) + " " + answer.substring(answer.indexOf("\r\n\r\n") + 4);
            }
        }
    }

    private void parts(Request request, Response response) throws Exception {
        StringBuilder seen = new StringBuilder();
        MultipartForm form =
                MultipartForm.of(request).mostParts(3).mostBytes(50).mostHead(200);
        for (Part part = form.next(); part != null; part = form.next()) {
            seen.append(part.name()).append('=');
            if (part.isFile()) {
                try (Part.Stored stored = part.store(10, folder)) {
                    seen.append(part.fileName())
                            .append(' ')
                            .append(stored.file() != null)
                            .append(' ');
                    seen.append(new String(stored.open().readAllBytes(), StandardCharsets.UTF_8));
                }
            } else if (!part.name().equals("skipped")) {
                seen.append(part.text(20));
            }
            seen.append(';');
        }
        response.send(seen.toString());
    }

    private static String part(String disposition, String content) {
        return "--b-1\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n";
    }

    @Test
    void fieldsAreDecoded() throws IOException {
        assertEquals(
                "200 a b&\u00fc|[1, 2]|[name, x, n]|7", decoded(post(FormData.TYPE, "name=a+b%26%C3%BC&x=1&x=2&n=7")));
    }

    private static String decoded(String text) {
        return new String(text.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    @Test
    void whatIsWrongWithAFormIsSaid() throws IOException {
        assertEquals("400 400 the field name is missing\n", post(FormData.TYPE, "x=1"));
        assertEquals("400 400 the field n is no number\n", post(FormData.TYPE, "name=a&n=b"));
        assertTrue(post(FormData.TYPE, "name=%zz").startsWith("400 "));
        assertTrue(post(FormData.TYPE, "name=" + "x".repeat(300)).startsWith("413 "));
        assertTrue(post("text/plain", "name=x").startsWith("415 "));
    }

    @Test
    void partsComeOneAfterTheOther() throws IOException {
        String body = part("name=\"a\"", "x\r\n--b-\r\ny")
                + part("name=f; filename=\"C:\\dir\\up.txt\"", "more than ten bytes")
                + part("name=\"skipped\"", "whatever") + "--b-1--\r\n";
        assertEquals("200 a=x\r\n--b-\r\ny;f=up.txt true more than ten bytes;skipped=;", post(MULTIPART, body));
        assertEquals("200 f=small false tiny;", post(MULTIPART, part("name=f; filename=small", "tiny") + "--b-1--"));
        assertEquals("200 ", post(MULTIPART, "--b-1--"));
        try (var left = Files.list(folder)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void partsHaveLimits() throws IOException {
        String end = "--b-1--";
        assertTrue(post(MULTIPART, part("name=a", "x").repeat(4) + end).startsWith("413 "));
        assertTrue(post(MULTIPART, part("name=skipped", "x".repeat(60)) + end).startsWith("413 "));
        assertTrue(post(MULTIPART, part("name=f; filename=f", "x".repeat(60)) + end)
                .startsWith("413 "));
        assertTrue(post(MULTIPART, part("name=a", "x".repeat(30)) + end).startsWith("413 "));
        assertTrue(post(MULTIPART, part("name=\"" + "x".repeat(300) + "\"", "x") + end)
                .startsWith("431 "));
        assertTrue(post(MULTIPART, part("name=a", "x")).startsWith("400 "));
        assertTrue(post(MULTIPART, part("file=a", "x") + end).startsWith("400 "));
        assertTrue(post("multipart/form-data", end).startsWith("400 "));
    }
}
