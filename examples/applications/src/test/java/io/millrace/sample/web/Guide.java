// SPDX-License-Identifier: Apache-2.0
package io.millrace.sample.web;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.web.WebServer;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** The programs of docs/library.md, each compiled as it stands there: where a server, a folder and a database are. */
final class Guide {
    private static final String IMPORTS = """
            import com.fasterxml.jackson.jr.ob.JSON;
            import io.millrace.core.*;
            import io.millrace.fileserver.*;
            import io.millrace.filters.*;
            import io.millrace.forms.*;
            import io.millrace.http.*;
            import io.millrace.http1.*;
            import io.millrace.sse.*;
            import io.millrace.transport.*;
            import io.millrace.web.*;
            import io.millrace.webtest.*;
            import java.io.*;
            import java.nio.file.*;
            import java.sql.*;
            import java.time.Duration;
            import java.util.*;
            import java.util.concurrent.*;
            import java.util.concurrent.atomic.*;
            import javax.sql.DataSource;
            """;
    private static final Pattern HEADING_OR_BLOCK =
            Pattern.compile("^#+ ([^\n]*)$|^```java\n(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL);

    private final List<String> headings = new ArrayList<>();
    private final Class<?> programs;

    private Guide(String page, Path folder) throws Exception {
        StringBuilder source = new StringBuilder(IMPORTS).append("public class Programs {\n");
        Matcher matcher = HEADING_OR_BLOCK.matcher(page);
        String heading = "";
        while (matcher.find()) {
            if (matcher.group(1) != null) {
                heading = matcher.group(1);
                continue;
            }
            source.append("public static void program").append(headings.size());
            source.append("(WebServer server, Path folder, DataSource database) throws Exception {\n");
            source.append(matcher.group(2)).append("}\n");
            headings.add(heading);
        }
        compile(Files.writeString(folder.resolve("Programs.java"), source.append("}\n")), folder);
        URL[] place = {folder.toUri().toURL()};
        programs = new URLClassLoader(place, Guide.class.getClassLoader()).loadClass("Programs");
    }

    /** Compiles all programs of the page. */
    static Guide compiled(Path folder) throws Exception {
        return new Guide(Files.readString(root().resolve("docs/library.md")), folder);
    }

    private static void compile(Path source, Path folder) throws Exception {
        StringWriter said = new StringWriter();
        List<String> options =
                List.of("-proc:none", "-cp", System.getProperty("java.class.path"), "-d", folder.toString());
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            boolean well = compiler.getTask(said, files, null, options, null, files.getJavaFileObjects(source))
                    .call();
            assertTrue(well, said::toString);
        }
    }

    static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("docs/library.md"))) {
            folder = folder.getParent();
        }
        return folder;
    }

    int size() {
        return headings.size();
    }

    /** Runs the programs below a heading, in order, for one server. */
    void run(String heading, WebServer server, Path folder, DataSource database) throws Exception {
        assertTrue(headings.contains(heading), "no program below \"" + heading + "\"");
        for (int i = 0; i < headings.size(); i++) {
            if (headings.get(i).equals(heading)) {
                Method program = programs.getMethod("program" + i, WebServer.class, Path.class, DataSource.class);
                try {
                    program.invoke(null, server, folder, database);
                } catch (InvocationTargetException e) {
                    throw new AssertionError("below \"" + heading + "\"", e.getCause());
                }
            }
        }
    }
}
