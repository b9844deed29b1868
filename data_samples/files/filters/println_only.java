import java.time.LocalDate;

public class Banner {
    public static void main(String[] args) {
        System.out.println("+--------------------------------------+");
        System.out.println("|  Annual meeting of the rowing club   |");
        System.out.println("|                                      |");
        System.out.println("|  Doors open at half past seven       |");
        System.out.println("|  Report of the treasurer             |");
        System.out.println("|  Election of the boat master         |");
        System.out.println("|  Pictures of the summer trip         |");
        System.out.println("|                                      |");
        System.out.println("|  Bring a chair if you have one       |");
        System.out.println("+--------------------------------------+");
        System.out.println("Printed on " + LocalDate.now());
        System.out.println("Please do not throw this on the street");
    }
}
