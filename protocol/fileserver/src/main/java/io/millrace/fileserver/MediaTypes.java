// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.fileserver.MediaType.Family;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Media types by file name extension: the IANA registry (https://www.iana.org/assignments/media-types) where it has
 * one, else what browsers and players go by. Text carries {@code charset=utf-8}; JSON and its kin do not, being UTF-8
 * by definition (RFC 8259 section 8.1). Any thread may call.
 */
public final class MediaTypes {

    /** What a file of unknown kind is. */
    public static final MediaType UNKNOWN = new MediaType("application/octet-stream", false, Family.OTHER, null);

    /** What a file stored in a coding is to a client that does not take the coding. */
    static final MediaType GZIP = new MediaType("application/gzip", false, Family.ARCHIVE, null);

    /**
     * A row: media type, then its extensions. A {@code +} before the type says that compressing pays, a coding and a
     * colon that the files are compressed already.
     */
    private static final String TABLE = """
        +text/html html htm xhtm shtml
        +application/xhtml+xml xhtml xht
        +text/css css
        +text/javascript js mjs cjs
        +application/json json map geojson topojson har ipynb webapp
        +application/ld+json jsonld
        +application/jsonl jsonl ndjson
        +application/json5 json5
        +application/manifest+json webmanifest
        +application/schema+json jsonschema
        +application/wasm wasm
        +application/xml xml xsd xsl xslt rng dtd plist
        +application/rss+xml rss
        +application/atom+xml atom
        +application/gpx+xml gpx
        +application/vnd.google-earth.kml+xml kml
        +application/toml toml
        +application/yaml yaml yml
        +text/plain txt text log conf cfg ini properties env lst asc nfo diff patch rst adoc tex bib
        +text/plain java kt kts scala groovy gradle clj c h cc cpp cxx hh hpp hxx m mm cs go rs swift zig
        +text/plain py pyi rb pl pm lua php r jl hs ml mli erl ex exs el lisp scm nim dart v sv vhd asm s
        +text/plain sh bash zsh fish ps1 bat cmd awk sed sql proto thrift graphql gql cmake mk make
        +text/plain jsx tsx cts vue svelte scss sass less styl coffee
        +text/plain sha1 sha256 sha512 md5 sfv sum
        +text/markdown md markdown mkd
        +text/csv csv
        +text/tab-separated-values tsv tab
        +text/calendar ics ifb
        +text/vcard vcf vcard
        +text/vtt vtt
        +application/x-subrip srt
        +text/x-ssa ass ssa
        +application/ttml+xml ttml dfxp
        +text/cache-manifest appcache manifest
        +text/troff roff man
        +application/rtf rtf
        image/png png
        image/apng apng
        image/jpeg jpg jpeg jpe jfif pjpeg
        image/gif gif
        image/webp webp
        image/avif avif
        image/jxl jxl
        image/heic heic
        image/heif heif
        image/jp2 jp2 jpg2
        image/tiff tif tiff
        +image/svg+xml svg
        gzip:image/svg+xml svgz
        +image/bmp bmp dib
        +image/x-icon ico cur
        +image/vnd.adobe.photoshop psd
        +image/x-portable-anymap pnm
        +image/x-portable-pixmap ppm
        +image/x-portable-graymap pgm
        image/x-adobe-dng dng
        audio/mpeg mp3 mp2 mpga
        audio/mp4 m4a m4b f4a
        audio/aac aac adts
        audio/ogg oga ogg opus spx
        audio/flac flac
        audio/wav wav wave
        audio/webm weba
        audio/aiff aif aiff aifc
        audio/midi mid midi kar
        audio/matroska mka
        audio/ac3 ac3
        audio/eac3 ec3 eac3
        audio/amr amr
        audio/basic au snd
        audio/x-ms-wma wma
        audio/x-ape ape
        audio/x-scpls pls
        +audio/mpegurl m3u
        video/mp4 mp4 m4v mp4v f4v cmfv
        video/iso.segment m4s cmfa cmft
        video/mp2t ts mts m2ts m2t
        video/webm webm
        video/matroska mkv mk3d
        video/ogg ogv ogm
        video/quicktime mov qt
        video/mpeg mpeg mpg mpe m1v m2v
        video/3gpp 3gp 3gpp
        video/3gpp2 3g2
        video/x-msvideo avi
        video/x-ms-wmv wmv
        video/x-ms-asf asf asx
        video/x-flv flv
        +application/vnd.apple.mpegurl m3u8
        +application/dash+xml mpd
        +application/vnd.ms-sstr+xml ism ismc
        +application/xspf+xml xspf
        application/mp4 mp4s m4p
        font/woff woff
        font/woff2 woff2
        +font/ttf ttf
        +font/otf otf
        font/collection ttc otc
        +application/vnd.ms-fontobject eot
        application/zip zip
        application/gzip gz tgz
        application/zstd zst tzst
        application/x-brotli br
        application/x-bzip2 bz2 tbz2
        application/x-xz xz txz
        application/x-lzip lz
        application/x-lz4 lz4
        application/x-7z-compressed 7z
        application/vnd.rar rar
        +application/x-tar tar
        application/x-cpio cpio
        application/java-archive jar war ear
        application/vnd.debian.binary-package deb udeb
        application/x-rpm rpm
        application/vnd.android.package-archive apk aab
        application/x-apple-diskimage dmg
        application/vnd.ms-cab-compressed cab
        application/x-msi msi
        application/vnd.microsoft.portable-executable exe dll
        application/x-iso9660-image iso
        application/x-xpinstall xpi
        application/x-chrome-extension crx
        application/java-vm class
        application/pdf pdf
        +application/postscript ps eps ai
        application/epub+zip epub
        application/vnd.amazon.ebook azw
        application/x-mobipocket-ebook mobi prc
        application/vnd.comicbook+zip cbz
        application/vnd.comicbook-rar cbr
        image/vnd.djvu djvu djv
        application/msword doc dot
        application/vnd.ms-excel xls xlt
        application/vnd.ms-powerpoint ppt pps
        application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
        application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
        application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
        application/vnd.oasis.opendocument.text odt
        application/vnd.oasis.opendocument.spreadsheet ods
        application/vnd.oasis.opendocument.presentation odp
        application/vnd.oasis.opendocument.graphics odg
        +model/gltf+json gltf
        model/gltf-binary glb
        +model/obj obj
        +model/mtl mtl
        +model/stl stl
        model/vnd.usdz+zip usdz
        application/vnd.sqlite3 sqlite sqlite3 db
        application/vnd.apache.parquet parquet
        application/vnd.apache.arrow.file arrow
        application/vnd.apache.avro avro
        application/x-hdf5 h5 hdf5
        application/x-bittorrent torrent
        application/x-pkcs12 p12 pfx
        application/pkix-cert cer crt
        application/x-pem-file pem
        application/pgp-signature sig
        application/pgp-encrypted pgp gpg
        +message/rfc822 eml mht mhtml
        """;

    private static final Map<String, MediaType> BY_EXTENSION = read(TABLE);

    private MediaTypes() {}

    /** The type of a file of that name; {@link #UNKNOWN} if its extension tells nothing. */
    public static MediaType of(String name) {
        String extension = extension(name);
        MediaType type = extension.isEmpty() ? null : BY_EXTENSION.get(extension.toLowerCase(Locale.ROOT));
        return type == null ? UNKNOWN : type;
    }

    /**
     * What follows the last dot of the last part of a path; {@code ""} if there is none or it begins or ends the name.
     */
    static String extension(String path) {
        int name = path.lastIndexOf('/') + 1;
        int dot = path.lastIndexOf('.');
        return dot <= name ? "" : path.substring(dot + 1);
    }

    /** Number of extensions known. */
    static int size() {
        return BY_EXTENSION.size();
    }

    private static Map<String, MediaType> read(String table) {
        Map<String, MediaType> types = new HashMap<>(1024);
        for (String row : table.split("\n")) {
            String[] words = row.split(" ");
            boolean compressible = words[0].charAt(0) == '+';
            int colon = words[0].indexOf(':');
            String name = words[0].substring(compressible ? 1 : colon + 1);
            String coding = colon < 0 ? null : words[0].substring(0, colon);
            MediaType type = new MediaType(withCharset(name), compressible, family(name), coding);
            for (int i = 1; i < words.length; i++) {
                if (types.put(words[i], type) != null) {
                    throw new AssertionError(words[i] + " stands in the table twice");
                }
            }
        }
        return types;
    }

    /** Types under text/ without a charset are guessed at; SubRip has no charset of its own either. */
    private static String withCharset(String name) {
        return name.startsWith("text/") || name.equals("application/x-subrip") ? name + "; charset=utf-8" : name;
    }

    private static Family family(String name) {
        String top = name.substring(0, name.indexOf('/'));
        return switch (top) {
            case "text" -> Family.TEXT;
            case "image" -> Family.IMAGE;
            case "audio" -> Family.AUDIO;
            case "video" -> Family.VIDEO;
            default -> family(name.substring(top.length() + 1), name);
        };
    }

    private static Family family(String subtype, String name) {
        return switch (subtype) {
            case "json", "xml", "yaml", "toml", "jsonl", "ld+json", "json5", "x-subrip" -> Family.TEXT;
            case "vnd.apple.mpegurl", "dash+xml", "mp4" -> Family.VIDEO;
            case "zip",
                    "gzip",
                    "zstd",
                    "x-brotli",
                    "x-bzip2",
                    "x-xz",
                    "x-lzip",
                    "x-lz4",
                    "x-7z-compressed",
                    "vnd.rar",
                    "x-tar",
                    "x-cpio",
                    "java-archive",
                    "x-iso9660-image",
                    "x-apple-diskimage",
                    "x-rpm",
                    "vnd.debian.binary-package" -> Family.ARCHIVE;
            default -> name.endsWith("+xml") || name.endsWith("+json") ? Family.TEXT : Family.OTHER;
        };
    }
}
