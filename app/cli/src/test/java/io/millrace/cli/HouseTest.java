// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Keeps the walls of the house: what ARCHITECTURE.md draws is what the sources say. */
final class HouseTest {

    /** Room by room, the rooms that it may open a door to; each room requires exactly these. */
    private static final Map<String, Set<String>> DOORS = Map.ofEntries(
            Map.entry("core", Set.of()),
            Map.entry("link", Set.of("core")),
            Map.entry("tls", Set.of("core", "link")),
            Map.entry("sys", Set.of()),
            // tls for the seam of its engines.
            Map.entry("openssl", Set.of("core", "sys", "tls")),
            Map.entry("poll", Set.of("sys")),
            Map.entry("socket", Set.of("sys", "poll", "ring")),
            Map.entry("ring", Set.of("sys")),
            Map.entry("fs", Set.of("core", "sys", "loop")),
            Map.entry("loop", Set.of("core", "sys", "poll", "socket")),
            Map.entry("transport", Set.of("core", "link", "sys", "poll", "socket", "ring", "fs", "loop")),
            Map.entry("workers", Set.of("core", "sys", "poll", "socket", "transport")),
            Map.entry("models", Set.of("core", "sys", "poll", "socket", "fs", "loop", "transport", "workers")),
            Map.entry("net", Set.of("core", "link", "sys", "poll", "socket", "loop", "transport")),
            Map.entry("signals", Set.of("sys", "loop")),
            Map.entry("http", Set.of("core")),
            Map.entry("http1", Set.of("core", "http")),
            Map.entry("http2", Set.of("core", "link", "http")),
            Map.entry("websocket", Set.of("core", "http")),
            Map.entry("sse", Set.of("core", "http")),
            Map.entry("forms", Set.of("http")),
            Map.entry("filters", Set.of("http")),
            Map.entry("webtest", Set.of("core", "http", "client", "web")),
            Map.entry("compress", Set.of("core", "http")),
            Map.entry("zstd", Set.of("core", "sys")),
            Map.entry("fileserver", Set.of("core", "http")),
            Map.entry("client", Set.of("core", "http", "http1")),
            Map.entry("testkit", Set.of("core", "link", "sys", "poll", "ring", "socket")),
            Map.entry(
                    "web",
                    Set.of(
                            "core",
                            "link",
                            "http",
                            "http1",
                            "http2",
                            "websocket",
                            "sse",
                            "forms",
                            "filters",
                            "compress",
                            "zstd",
                            "fileserver",
                            "client",
                            "tls",
                            "openssl",
                            "fs",
                            "loop",
                            "transport",
                            "models",
                            "net")),
            Map.entry("load", Set.of("core", "tls", "loop", "transport", "net", "http", "http1")),
            // What lies below load is for the herd, an experiment with processes and sockets of its own.
            Map.entry("lab", Set.of("load", "sys", "poll", "socket", "workers")),
            Map.entry("httpserver", Set.of("core", "sys", "tls", "http", "http1", "transport", "models")),
            // sys for one thing: the errno of a SysException, to say in one line why a port cannot be had.
            Map.entry("cli", Set.of("models", "sys", "fileserver", "compress", "web", "acme", "load", "lab")),
            Map.entry("acme", Set.of("tls", "web")));

    /** Libraries of others, in rooms of the roof that nobody embeds and in the one for tests. */
    private static final Map<String, Set<String>> LIBRARIES = Map.of(
            "testkit", Set.of("junit-jupiter-api"),
            "load", Set.of("HdrHistogram", "jackson-jr-objects"),
            "acme", Set.of("acme4j-client", "slf4j-jdk14"),
            "lab", Set.of("jackson-jr-objects"),
            "cli", Set.of("picocli", "jackson-jr-objects"));

    /**
     * Seeing everything, required by nothing: bench and adapters with dependencies of their own, examples with none but
     * the house, sample applications with a library for JSON.
     */
    private static final Set<String> OUTSIDE =
            Set.of("adapters", "applications", "bench", "bom", "examples", "fuzz", "it");

    /** The rooms whose lines cite RFCs and never name a system call. */
    private static final Set<String> RFC_WING = Set.of(
            "link", "tls", "http", "http1", "http2", "websocket", "sse", "forms", "compress", "fileserver", "client");

    /** The rooms whose lines name system calls and never cite an RFC. */
    private static final Set<String> KERNEL_WING = Set.of(
            "sys",
            "poll",
            "socket",
            "ring",
            "fs",
            "loop",
            "transport",
            "workers",
            "models",
            "net",
            "signals",
            "openssl",
            "zstd");

    /** The rooms that stand between the house and the APIs of others: nothing in the house requires one. */
    private static final Set<String> ADAPTERS = Set.of("httpserver");

    /** Room by room, the modules of the JDK that it needs beside java.base. */
    private static final Map<String, Set<String>> JDK_MODULES = Map.of(
            "signals", Set.of("jdk.jfr", "jdk.unsupported"),
            "httpserver", Set.of("jdk.httpserver"),
            "testkit", Set.of("java.logging"),
            "load", Set.of("java.management"),
            "acme", Set.of("java.net.http"),
            // jdk.unsupported for sun.misc.Signal: the command ends in good order where no system call may be made,
            // too.
            "cli", Set.of("java.management", "jdk.unsupported"));

    /**
     * Room by room, how many classes its largest circle has: classes each of which leads to each other one, so that
     * none is understood alone. The figures only go down; rooms that are not named have at most two.
     */
    private static final Map<String, Integer> LARGEST_CIRCLE = Map.ofEntries(
            Map.entry("sys", 3),
            Map.entry("socket", 3),
            Map.entry("loop", 9),
            Map.entry("transport", 7),
            Map.entry("net", 4),
            Map.entry("http", 5),
            Map.entry("http1", 3),
            Map.entry("http2", 6),
            Map.entry("testkit", 6),
            Map.entry("load", 4),
            Map.entry("cli", 5));

    private static final int SMALL_CIRCLE = 2;

    /** More files are two rooms. The figures of those that have more only go down. */
    private static final int MOST_FILES = 40;

    private static final Map<String, Integer> MORE_FILES = Map.of("transport", 47, "http", 48);

    private static final Set<String> MAY_USE_FFM = Set.of("sys", "poll", "ring", "transport", "zstd", "testkit");

    private static final Pattern REQUIRES =
            Pattern.compile("\\brequires\\s+(?:transitive\\s+|static\\s+)*([\\w.]+)\\s*;");
    private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/|//[^\\n]*", Pattern.DOTALL);
    private static final Pattern STARTS_THREAD = Pattern.compile(
            "new\\s+Thread\\s*\\(|\\bThread\\s*\\.\\s*(ofVirtual|ofPlatform|startVirtualThread|Builder)|"
                    + "\\bExecutors\\s*\\.|\\bnew\\s+(ForkJoinPool|ThreadPoolExecutor|Timer)\\b|\\bcommonPool\\s*\\(|"
                    + "\\bCompletableFuture\\s*\\.\\s*(runAsync|supplyAsync)");
    private static final Pattern MODULE_ELEMENT = Pattern.compile("<module>(?:(\\w+)/)?([\\w-]+)</module>");
    private static final Pattern DEPENDENCY = Pattern.compile("<dependency>(.*?)</dependency>", Pattern.DOTALL);

    private static final Pattern RFC = Pattern.compile("\\bRFCs?\\s*\\d|\\brfc\\d");

    /** Names that mean a system call, an option of one or an error of one wherever they stand. */
    private static final Pattern SYSTEM_CALL = Pattern.compile(
            "\\b(?:epoll|io_uring|kqueue|sendfile|splice|(?:event|timer|signal|pid)fd|readv|writev|openat2?|statx|"
                    + "[gs]etsockopt|recvm?msg|sendm?msg|SO_[A-Z]+|TCP_[A-Z]+|MSG_[A-Z]+|"
                    + "E(?:AGAIN|INTR|PIPE|MFILE|NFILE|NOENT|INVAL|CONNRESET))\\b");

    /** Names of manual pages, as comments cite them: recv(2), tcp(7). */
    private static final Pattern MANUAL_PAGE = Pattern.compile("\\b[a-z_]\\w*\\([2-8]\\)");

    private static final int LONGEST_FILE = 800;

    private static final int LONGEST_SOURCE = 450;

    private final Path root = findRoot();
    private final Map<String, Path> folders = modules();
    private final List<String> rooms =
            folders.keySet().stream().filter(room -> !OUTSIDE.contains(room)).toList();

    @Nested
    class Prose extends ProseRules {}

    @Test
    void everyRoomOpensTheDoorsOfThePlanAndNoOther() {
        Map<String, Set<String>> found = new TreeMap<>();
        Map<String, Set<String>> planned = new TreeMap<>();
        for (String room : rooms) {
            found.put(room, new TreeSet<>(requiredRooms(room)));
            planned.put(room, new TreeSet<>(DOORS.getOrDefault(room, Set.of("(not in the plan)"))));
        }
        assertEquals(planned, found);
    }

    @Test
    void everyRoomOfThePlanIsBuilt() {
        assertEquals(new TreeSet<>(DOORS.keySet()), new TreeSet<>(rooms));
    }

    @Test
    void everyRoomIsOnePackageNamedAsItsModule() {
        for (String room : rooms) {
            assertTrue(read(moduleInfo(room)).contains("module io.millrace." + room + " {"), room);
            Set<Path> packages = new HashSet<>();
            for (Path file : sources(room, "main")) {
                if (!file.endsWith("module-info.java")) {
                    packages.add(file.getParent());
                }
            }
            assertEquals(
                    Set.of(folders.get(room)
                            .resolve("src/main/java/io/millrace")
                            .resolve(room)),
                    packages,
                    room);
        }
    }

    @Test
    void everyPackageHasItsPlacard() {
        assertNone(
                "has no package-info.java",
                rooms.stream()
                        .map(room ->
                                folders.get(room).resolve("src/main/java/io/millrace/" + room + "/package-info.java"))
                        .filter(file -> !Files.exists(file)));
    }

    @Test
    void foreignMemoryStaysInTheKernelWing() {
        assertNone(
                "uses java.lang.foreign",
                rooms.stream()
                        .filter(room -> !MAY_USE_FFM.contains(room))
                        .flatMap(room -> sources(room, "main").stream())
                        .filter(codeMatches(Pattern.compile("java\\.lang\\.foreign"))));
    }

    @Test
    void channelsAreForPortableDriversAndFileAccess() {
        assertNone(
                "uses java.nio.channels",
                rooms.stream()
                        .flatMap(room -> sources(room, "main").stream())
                        .filter(file ->
                                !name(file).startsWith("Nio") && !name(file).equals("BlockingLink.java"))
                        .filter(codeMatches(Pattern.compile("java\\.nio\\.channels"))));
    }

    @Test
    void noThreadIsStartedInTheRfcWingButVirtualOnes() {
        assertNone(
                "starts a thread",
                Stream.concat(Stream.of("core"), RFC_WING.stream())
                        .filter(rooms::contains)
                        .flatMap(room -> sources(room, "main").stream())
                        .filter(file ->
                                !Set.of("Dispatch.java", "HandshakeTasks.java").contains(name(file)))
                        .filter(codeMatches(STARTS_THREAD)));
    }

    @Test
    void theRfcWingNamesNoSystemCallRoom() {
        assertNone(
                "reaches into the kernel wing",
                RFC_WING.stream()
                        .filter(rooms::contains)
                        .flatMap(room -> sources(room, "main").stream())
                        .filter(codeMatches(
                                Pattern.compile("io\\.millrace\\.(sys|poll|socket|fs|loop|transport)\\b"))));
    }

    @Test
    void theRfcWingSpeaksOfNoSystemCall() {
        assertNone(
                "names a system call",
                RFC_WING.stream()
                        .flatMap(room -> sources(room, "main").stream())
                        .filter(file -> SYSTEM_CALL.matcher(read(file)).find()
                                || MANUAL_PAGE.matcher(comments(read(file))).find()));
    }

    @Test
    void theKernelWingCitesNoRfc() {
        assertNone(
                "cites an RFC",
                KERNEL_WING.stream()
                        .flatMap(room -> sources(room, "main").stream())
                        .filter(file -> RFC.matcher(read(file)).find()));
    }

    /** Every room stands in one wing, in the foundation, in the roof or beside the house; its folder says in which. */
    @Test
    void theFoldersShowTheWings() {
        assertEquals(KERNEL_WING, roomsIn("kernel"));
        assertEquals(RFC_WING, roomsIn("protocol"));
        assertEquals(ADAPTERS, roomsIn("adapters"));
    }

    @Test
    void nothingInTheHouseRequiresAnAdapter() {
        for (String room : rooms) {
            assertTrue(requiredRooms(room).stream().noneMatch(ADAPTERS::contains), room);
        }
    }

    @Test
    void everyRoomNeedsTheModulesOfTheJdkThatThePlanSays() {
        for (String room : rooms) {
            assertEquals(
                    JDK_MODULES.getOrDefault(room, Set.of()), requiredOfTheJdk(code(read(moduleInfo(room)))), room);
        }
    }

    /**
     * A circle may shrink and never grow. Where this fails after a change that made one larger, the new class or the
     * new reference belongs elsewhere; where it fails because one has become smaller, the figure follows it down.
     */
    @Test
    void theLargestCircleOfEachRoomOnlyShrinks() {
        StringBuilder wrong = new StringBuilder();
        for (String room : rooms) {
            Set<String> circle = ClassCircles.largest(types(room));
            int most = LARGEST_CIRCLE.getOrDefault(room, SMALL_CIRCLE);
            if (circle.size() > most) {
                wrong.append(room + " may have " + most + " classes in a circle and has " + circle.size() + ": "
                        + circle + "\n");
            } else if (circle.size() < most && LARGEST_CIRCLE.containsKey(room)) {
                wrong.append(
                        room + " has only " + circle.size() + " classes in a circle now: write that into the table\n");
            }
        }
        assertEquals("", wrong.toString());
    }

    @Test
    void noRoomHasMoreFilesThanThePlanAllows() {
        for (String room : rooms) {
            int files = types(room).size();
            int most = MORE_FILES.getOrDefault(room, MOST_FILES);
            assertTrue(files <= most, room + " has " + files + " files, more than " + most);
        }
    }

    @Test
    void noFileIsLongerThanThePlanAllows() {
        assertNone(
                "is longer than " + LONGEST_FILE + " lines",
                allSources().filter(file -> read(file).lines().count() > LONGEST_FILE));
    }

    @Test
    void theSourcesOfAllRoomsAreShort() {
        assertNone(
                "is longer than " + LONGEST_SOURCE + " lines",
                rooms.stream()
                        .flatMap(room -> sources(room, "main").stream())
                        .filter(file -> read(file).lines().count() > LONGEST_SOURCE));
    }

    /** An import is then enough to know what is meant. Test sources are not looked at, nor what a class contains. */
    @Test
    void noSimpleNameExistsTwice() {
        Map<String, String> homes = new HashMap<>();
        List<String> twice = new ArrayList<>();
        for (String room : folders.keySet()) {
            for (Path file : sources(room, "main")) {
                String other = name(file).endsWith("-info.java") ? null : homes.put(name(file), room);
                if (other != null) {
                    twice.add(name(file) + " is in " + other + " and in " + room);
                }
            }
        }
        assertEquals(List.of(), twice);
    }

    @Test
    void everyFileNamesItsLicence() {
        assertNone(
                "does not begin with the SPDX line",
                allSources().filter(file -> !read(file).startsWith("// SPDX-License-Identifier: Apache-2.0\n")));
    }

    @Test
    void noFileImportsByWildcard() {
        Pattern wildcard = Pattern.compile("^import [^;]*\\*;", Pattern.MULTILINE);
        assertNone("imports by wildcard", allSources().filter(codeMatches(wildcard)));
    }

    @Test
    void libraryModulesDependOnTheJdkAlone() {
        for (String room : rooms) {
            for (String dependency : dependencies(room)) {
                boolean own = dependency.contains("<groupId>io.millrace</groupId>");
                boolean test = dependency.contains("<scope>test</scope>");
                boolean roof = LIBRARIES.getOrDefault(room, Set.of()).stream()
                        .anyMatch(name -> dependency.contains("<artifactId>" + name + "</artifactId>"));
                // Read by the compiler alone.
                boolean annotations = dependency.contains("<artifactId>jspecify</artifactId>");
                assertTrue(own || test || roof || annotations, room + " depends on" + dependency);
            }
        }
    }

    /** What is shown to users must fit on a page, and need nothing but what they get. */
    @Test
    void examplesFitOnAPageAndDependOnTheHouseAlone() {
        for (String dependency : dependencies("examples")) {
            assertTrue(dependency.contains("<groupId>io.millrace</groupId>"), "examples depend on" + dependency);
        }
        assertNone(
                "does not fit on a page",
                Stream.of("examples", "applications")
                        .flatMap(room -> sources(room, "main").stream())
                        .filter(file -> read(file).lines().count() > 100));
    }

    @Test
    void testkitIsForTestsOnly() {
        for (String room : rooms) {
            for (String dependency : dependencies(room)) {
                boolean testkit = dependency.contains("millrace-testkit");
                assertTrue(!testkit || dependency.contains("<scope>test</scope>"), room);
            }
        }
    }

    /** The walls hold only as long as the patterns that look for holes find one when there is one. */
    @Test
    void thePatternsFindWhatTheyLookFor() {
        assertTrue(STARTS_THREAD.matcher("var t = new Thread(task);").find());
        assertTrue(STARTS_THREAD.matcher("Thread.ofVirtual().start(task)").find());
        assertTrue(STARTS_THREAD.matcher("Executors.newFixedThreadPool(2)").find());
        assertFalse(STARTS_THREAD.matcher("Thread.currentThread()").find());
        assertEquals(Set.of("core", "sys"), rooms("requires transitive io.millrace.core; requires io.millrace.sys;"));
        assertFalse(
                code("/* java.lang.foreign */ int a; // java.lang.foreign\n").contains("foreign"));
        assertEquals(Set.of("jdk.jfr"), requiredOfTheJdk("requires static jdk.jfr; requires io.millrace.sys;"));
        assertTrue(RFC.matcher("as RFC 9110 section 5 says").find());
        assertTrue(SYSTEM_CALL.matcher("nothing for epoll to report").find());
        assertTrue(MANUAL_PAGE
                .matcher(comments("int a = f(2); // as recv(2) does"))
                .find());
        assertFalse(MANUAL_PAGE.matcher(comments("int a = f(2); // as it does")).find());
    }

    @Test
    void circlesAreFoundAsTheyAre() {
        Map<String, String> sources = Map.of(
                "A", "class A { B b; }",
                "B", "class B { void f() { C.g(); } }",
                "C", "class C extends A {}",
                "D", "class D { A a; E e; }",
                "E", "/** Used by {@link D}. */ class E { String d = \"D\"; char q = '\"'; /* D */ }",
                "Timer", "import java.util.Timer;\nclass F { Timer t; A a; }");
        assertEquals(Set.of("A", "B", "C"), ClassCircles.largest(sources));
        assertEquals(
                1,
                ClassCircles.largest(Map.of("A", "class A { A a; }", "B", "class B { A a; }"))
                        .size());
    }

    private static void assertNone(String what, Stream<Path> offenders) {
        String text = offenders.map(Path::toString).sorted().collect(joining("\n"));
        assertEquals("", text, what);
    }

    private Set<String> requiredRooms(String room) {
        return rooms(code(read(moduleInfo(room))));
    }

    private static Set<String> rooms(String moduleInfo) {
        Set<String> rooms = new HashSet<>();
        Matcher matcher = REQUIRES.matcher(moduleInfo);
        while (matcher.find()) {
            if (matcher.group(1).startsWith("io.millrace.")) {
                rooms.add(matcher.group(1).substring("io.millrace.".length()));
            }
        }
        return rooms;
    }

    private static Set<String> requiredOfTheJdk(String moduleInfo) {
        return REQUIRES.matcher(moduleInfo)
                .results()
                .map(match -> match.group(1))
                .filter(module -> module.startsWith("java.") || module.startsWith("jdk."))
                .collect(toSet());
    }

    private Set<String> roomsIn(String wing) {
        return rooms.stream()
                .filter(room -> folders.get(room).getParent().equals(root.resolve(wing)))
                .collect(toSet());
    }

    /** The sources of a room by the names of their types. */
    private Map<String, String> types(String room) {
        Map<String, String> types = new HashMap<>();
        for (Path file : sources(room, "main")) {
            if (!name(file).endsWith("-info.java")) {
                types.put(name(file).replace(".java", ""), read(file));
            }
        }
        return types;
    }

    private List<String> dependencies(String room) {
        String pom = read(folders.get(room).resolve("pom.xml"));
        return DEPENDENCY.matcher(pom).results().map(match -> match.group(1)).toList();
    }

    /** The folders of all rooms but those that stand outside the house, by the rooms' names. */
    private Map<String, Path> modules() {
        Map<String, Path> folders = new TreeMap<>();
        Matcher module = MODULE_ELEMENT.matcher(read(root.resolve("pom.xml")));
        while (module.find()) {
            String wing = module.group(1) == null ? "" : module.group(1);
            folders.put(module.group(2), root.resolve(wing).resolve(module.group(2)));
        }
        return folders;
    }

    private Path moduleInfo(String room) {
        return folders.get(room).resolve("src/main/java/module-info.java");
    }

    private Stream<Path> allSources() {
        return Stream.concat(rooms.stream(), Stream.of("applications", "examples"))
                .flatMap(room -> Stream.concat(sources(room, "main").stream(), sources(room, "test").stream()));
    }

    private List<Path> sources(String room, String kind) {
        Path folder = folders.get(room).resolve("src").resolve(kind).resolve("java");
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return new ArrayList<>(
                    files.filter(file -> file.toString().endsWith(".java")).toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Predicate<Path> codeMatches(Pattern pattern) {
        return file -> pattern.matcher(code(read(file))).find();
    }

    /** A source without its comments, which may speak of anything. */
    private static String code(String source) {
        return COMMENT.matcher(source).replaceAll("");
    }

    private static String comments(String source) {
        return COMMENT.matcher(source).results().map(MatchResult::group).collect(joining("\n"));
    }

    private static String name(Path file) {
        return file.getFileName().toString();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The checkout: Maven runs tests in the module's folder, an IDE perhaps in the root. */
    static Path findRoot() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("app/cli/pom.xml"))) {
            folder = folder.getParent();
            assertTrue(folder != null, "not started inside the checkout");
        }
        return folder;
    }
}
