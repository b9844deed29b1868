import csv
data1 = open("january.csv")
total1 = 0
n1 = 0
for row in csv.reader(data1):
    if row[2] != "":
        total1 = total1 + float(row[2])
        n1 = n1 + 1
        #print(row)
print("january", total1 / n1)
data2 = open("february.csv")
total2 = 0
n2 = 0
for row in csv.reader(data2):
    if row[2] != "":
        total2 = total2 + float(row[2])
        n2 = n2 + 1
        #print(row)
print("february", total2 / n2)
data3 = open("march.csv")
total3 = 0
n3 = 0
for row in csv.reader(data3):
    if row[2] != "":
        total3 = total3 + float(row[2])
        n3 = n2 + 1
        #print(row)
print("march", total3 / n3)
#data4 = open("april.csv")
#total4 = 0
#for row in csv.reader(data4):
#    total4 = total4 + float(row[2])
if total1 / n1 > total2 / n2:
    if total1 / n1 > total3 / n3:
        print("january was best")
    else:
        print("march was best")
else:
    if total2 / n2 > total3 / n3:
        print("february was best")
    else:
        print("march was best")
