import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;

public class Crash_fa4fbc142ad5eab22f6ddd21e469bd13ad9b6aec {
    static final String base64Bytes = String.join(
            "",
            "DQpTVCAvIEhUVFAvMS4xDQpIb3N0OiBoDQpDb25Db250ZW50dGVudC1MZW5ndGg6IDENClRyYW5zZmVyLWpFbmNvZGluZzogY2h1bmshZA0KDQowDQoNCg==");

    public static void main(String[] args) throws Throwable {
        Crash_fa4fbc142ad5eab22f6ddd21e469bd13ad9b6aec.class.getClassLoader().setDefaultAssertionStatus(true);
        try {
            Method fuzzerInitialize = io.millrace.fuzz.RequestFuzz.class.getMethod("fuzzerInitialize");
            fuzzerInitialize.invoke(null);
        } catch (NoSuchMethodException ignored) {
            try {
                Method fuzzerInitialize =
                        io.millrace.fuzz.RequestFuzz.class.getMethod("fuzzerInitialize", String[].class);
                fuzzerInitialize.invoke(null, (Object) args);
            } catch (NoSuchMethodException ignored1) {
            } catch (IllegalAccessException | InvocationTargetException e) {
                e.printStackTrace();
                System.exit(1);
            }
        } catch (IllegalAccessException | InvocationTargetException e) {
            e.printStackTrace();
            System.exit(1);
        }
        byte[] input = java.util.Base64.getDecoder().decode(base64Bytes);
        io.millrace.fuzz.RequestFuzz.fuzzerTestOneInput(input);
    }
}
